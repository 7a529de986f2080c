"""Write a report again; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse

from perfsuite.records.store import latest, read
from perfsuite.runners.commands import _shown
from perfsuite.runners.commands._arguments import add_amount, add_record


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run, and how much of it is printed."""
    add_record(parser)
    add_amount(parser)


def main(options: argparse.Namespace) -> int:
    """Write and print the report; cells that failed in the run do not make this command fail."""
    path = options.record or latest(options.results)
    _shown.show(read(path), path, options)
    return 0
