"""Measure the noise of a comparison; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse

from perfsuite.calibration import spread
from perfsuite.runners.commands import _measured
from perfsuite.runners.commands._arguments import add_evidence, positive
from perfsuite.running.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much is measured."""
    parser.add_argument("--epochs", type=positive(int), default=6, help="fresh processes of each method in a round")
    parser.add_argument("--rounds", type=positive(int), default=3, help="how often each method is measured")
    add_evidence(parser)


def main(options: argparse.Namespace) -> int:
    """Write a new record, and print its table."""
    path = options.record or spread.record()
    if not options.table:
        spread.write(path, spread.measure(options.epochs, options.rounds, Progress()))
    return _measured.show(options, path, spread.load, spread.table)
