"""Compare this project's comparison with those of other tools; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import contextlib

from perfsuite.calibration import peers, tally
from perfsuite.runners.commands import _measured
from perfsuite.runners.commands._arguments import add_evidence, positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which tools judge, and how often."""
    parser.add_argument("--rounds", type=positive(int), default=1, help="how often each tool judges each kind")
    parser.add_argument("--tool", action="append", help="only this tool, e.g. 'asv continuous', 'this'")
    add_evidence(parser)


def main(options: argparse.Namespace) -> int:
    """Add judgements to the record, and print its table.

    Raises:
        ValueError: there is no such tool.
    """
    path = options.record or tally.record()
    for name in options.tool or ():
        if name not in peers.TOOLS:
            raise ValueError(f"unknown tool {name!r}: choose from {', '.join(map(repr, peers.TOOLS))}")
    if not options.table:
        with contextlib.suppress(KeyboardInterrupt):
            peers.sitting(path, options.rounds, options.tool or list(peers.TOOLS))
    return _measured.show(options, path, tally.load, tally.table)
