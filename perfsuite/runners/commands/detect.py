"""Try the detectors of a history; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse

from perfsuite.calibration.detection import table, trials
from perfsuite.runners.commands import _measured
from perfsuite.runners.commands._arguments import add_evidence, positive
from perfsuite.running.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many trials."""
    parser.add_argument(
        "--histories", type=positive(int), default=40, help="whole histories of 1,200 cells for each kind of noise"
    )
    parser.add_argument("--series", type=positive(int), default=200, help="series of each kind for each detector")
    add_evidence(parser)


def main(options: argparse.Namespace) -> int:
    """Write a new record, and print its tables."""
    path = options.record or table.record()
    if not options.table:
        table.write(path, trials.measure(options.histories, options.series, Progress()))
    return _measured.show(options, path, table.load, table.table)
