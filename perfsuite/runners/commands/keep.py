"""Archive a run; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse

from perfsuite.model.printable import visible
from perfsuite.records import archive
from perfsuite.records.store import read
from perfsuite.runners.commands._arguments import add_record, record


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run."""
    add_record(parser)


def main(options: argparse.Namespace) -> int:
    """Archive the run, and print the path of its file."""
    print(visible(str(archive.keep(read(record(options))))))
    return 0
