"""Profile cells; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse

from perfsuite.project import catalogue
from perfsuite.runners.commands import run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``run``, and cells by name."""
    parser.add_argument("cell", nargs="*", help="cells to profile")
    run.add_arguments(parser)


def main(options: argparse.Namespace) -> int:
    """Profile the cells that are named, or that match.

    Raises:
        ValueError: neither is given.
    """
    if options.cell and not options.select:
        options.select = " or ".join(options.cell)
    if not options.select and options.resume is None:
        raise ValueError(
            f"profile needs a cell or a -k expression: `{catalogue.PROJECT.command} list` prints the cells"
        )
    return run.main(options, profiled=True)
