"""Count the errors of ``compare``; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import contextlib

from perfsuite.calibration import calibrate, rates
from perfsuite.runners.commands import _measured
from perfsuite.runners.commands._arguments import add_evidence, positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which sessions are added, and how many."""
    parser.add_argument("--minutes", type=positive(float), default=60.0, help="how long to add sessions (default 60)")
    parser.add_argument("--sessions", type=positive(int), default=1 << 30, help="how many to add at most")
    parser.add_argument("--kind", action="append", help="sessions of this kind only, e.g. 'same', '+5 %%', 'no-op'")
    add_evidence(parser)


def main(options: argparse.Namespace) -> int:
    """Add sessions to the record, and print its table."""
    path = options.record or calibrate.record()
    kinds = options.kind or list(calibrate.USUAL)
    for name in kinds:
        calibrate.kind(name)
    if not options.table:
        with contextlib.suppress(KeyboardInterrupt):
            calibrate.sitting(path, kinds, options.minutes, options.sessions)
    return _measured.show(options, path, calibrate.load, rates.table)
