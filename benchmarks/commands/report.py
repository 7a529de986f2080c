"""Write a report again; see :data:`benchmarks.commands.COMMANDS`."""

from __future__ import annotations

import argparse

from benchmarks.commands import _shown
from benchmarks.commands._arguments import add_amount, add_record
from benchmarks.record import latest, read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of which run, and how much is printed."""
    add_record(parser)
    add_amount(parser)


def main(options: argparse.Namespace) -> int:
    """Write and print it; what failed in the run is no fault of this command."""
    path = options.record or latest(options.results)
    _shown.show(read(path), path, options)
    return 0
