"""Write what asv needs; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse

from perfsuite.model.printable import one_line
from perfsuite.scaffolding import asv_files

ALONE = True  # nothing is measured


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def main(options: argparse.Namespace) -> int:
    """Write the files that do not exist yet, and print a line for each."""
    for line in asv_files.carry_out():
        print(one_line(line), flush=True)
    return 0
