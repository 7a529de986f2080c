"""What a run without arguments measures: a curated list, so that it stays short as components are added.

Each line is a ``-k`` expression; a cell that matches one of them is in.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.catalogue import expression
from benchmarks.cell import Cell

QUICK = (
    "matmul.ladder/ and /eager/cpu/5x784x10/1 and not @cold",
    "matmul.ladder/mm/compile/cpu/5x784x10/1 and not @cold",
    "matmul.ladder/row_broadcast/compile/cpu/5x784x10/1 and not @cold",
    "matmul.ladder/ and (/mm/ or /einsum/ or /full_broadcast/) and /eager/cpu/"
    " and (/16/1 or /64/1 or /256/1 or /1024/1)",
    "smallops.row_sum/ and /eager/cpu/500x10/1",
    "dataload.dirichlet/ and /eager/cpu/100x10",
)

# What is profiled without being asked for: few, because a trace is read by a person.
TRACED = (
    "matmul.ladder/mm/eager/cpu/5x784x10/1 and not @cold",
    "matmul.ladder/row_broadcast/eager/cpu/5x784x10/1 and not @cold",
    "matmul.ladder/einsum/eager/cpu/5x784x10/1 and not @cold",
    "dataload.dirichlet/per_sample/eager/cpu/100x10",
)


def pick(cells: Sequence[Cell], lines: Sequence[str]) -> list[Cell]:
    """The cells that match one of ``lines``, in their order."""
    matches = [expression(line) for line in lines]
    return [cell for cell in cells if any(match(cell) for match in matches)]
