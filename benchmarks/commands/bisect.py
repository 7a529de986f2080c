"""Find a commit; see :data:`benchmarks.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json

from benchmarks.cell import Cell
from benchmarks.commands._arguments import positive
from benchmarks.compare import bisect
from benchmarks.printable import many_lines
from benchmarks.progress import Progress
from benchmarks.record import to_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Between which commits, and for which cell."""
    parser.add_argument("good", help="a commit where the cell was fast")
    parser.add_argument("bad", help="a later one where it is slow")
    parser.add_argument("cell", help="which cell")
    parser.add_argument("--alpha", type=positive(float), help="P(a wrong answer), default 0.01")


def main(options: argparse.Namespace) -> int:
    """Print the commit, or those between which it is not decided."""
    repository = options.tree.parent
    cell = str(Cell.parse(options.cell))
    progress = Progress()
    answer, whole = bisect.find(repository, options.good, options.bad, cell, options.alpha or 0.01, progress)
    if options.json:
        print(json.dumps({"cell": cell, "ratio": whole.ratio, **to_json(answer)}, allow_nan=False))
    else:
        print(many_lines(bisect.text(repository, answer, whole)))
    return 0
