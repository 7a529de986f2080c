"""List what can be measured; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json

from perfsuite.model.printable import many_lines, one_line
from perfsuite.project import catalogue, selecting
from perfsuite.runners.commands._arguments import add_selection


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which cells, or the rows."""
    add_selection(parser)
    parser.add_argument("--rows", action="store_true", help="the catalogue's rows instead of cells")


def main(options: argparse.Namespace) -> int:
    """Print a line for each."""
    if options.rows:
        if (rows := catalogue.PROJECT.module("rows")) is None:
            raise ValueError("--rows: this project has no rows: [tool.perfsuite] names no module for them")
        print(many_lines(rows.table(options.tree)))
        return 0
    cells = catalogue.all_cells(options.tree)
    cells = selecting.select(cells, options.select) if options.select else cells
    if options.json:
        print(json.dumps([str(cell) for cell in cells]))
    else:
        print("\n".join(one_line(str(cell), 10_000) for cell in cells))
    return 0
