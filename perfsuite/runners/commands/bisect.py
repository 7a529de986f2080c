"""Find a commit; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json

from perfsuite.judging import bisect
from perfsuite.model.cell import Cell
from perfsuite.model.printable import many_lines
from perfsuite.model.record import to_json
from perfsuite.project import packages
from perfsuite.runners.commands._arguments import positive
from perfsuite.running.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Between which commits, and for which cell."""
    parser.add_argument("good", help="a commit where the cell was fast")
    parser.add_argument("bad", help="a later commit where it is slow")
    parser.add_argument("cell", help="which cell")
    parser.add_argument("--alpha", type=positive(float), help="probability of a wrong answer (default 0.01)")


def main(options: argparse.Namespace) -> int:
    """Print the commit, or the commits among which it is undecided."""
    repository = packages.above(options.tree)
    cell = str(Cell.parse(options.cell))
    progress = Progress()
    answer, whole = bisect.find(repository, options.good, options.bad, cell, options.alpha or 0.01, progress)
    if options.json:
        print(json.dumps({"cell": cell, "ratio": whole.ratio, **to_json(answer)}, allow_nan=False))
    else:
        print(many_lines(bisect.text(repository, answer, whole)))
    return 0
