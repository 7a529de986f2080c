"""Keep a run; see :data:`benchmarks.commands.COMMANDS`."""

from __future__ import annotations

import argparse

from benchmarks import kept
from benchmarks.commands._arguments import add_record
from benchmarks.printable import visible
from benchmarks.record import latest, read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run."""
    add_record(parser)


def main(options: argparse.Namespace) -> int:
    """Print where it is kept."""
    print(visible(str(kept.keep(read(options.record or latest(options.results))))))
    return 0
