"""Text tables for a terminal: aligned columns, the least important left out where the width is too small."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from perfsuite.model.printable import PLAIN, cut

GAP = "  "
LONGEST = 400  # characters of one field: no name is that long, and every other line would be padded to it


@dataclass(frozen=True)
class Column:
    """One column: its title, its alignment, and how soon it is left out when the width is too small."""

    title: str
    right: bool = True
    rank: int = 0  # 0 is always shown; the highest rank is left out first


def wide(text: str) -> int:
    """How many columns of a terminal ``text`` takes."""
    return sum(
        0
        if unicodedata.combining(letter) or letter in PLAIN
        else 2
        if unicodedata.east_asian_width(letter) in "WF"
        else 1
        for letter in text
    )


def pad(text: str, width: int, right: bool) -> str:
    """``text`` padded to ``width`` columns, never cut."""
    fill = " " * (width - wide(text))
    return fill + text if right else text + fill


def fit(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The columns to show in ``width``: empty ones are left out, then those of the highest rank until the rest fits."""
    widths = [max([wide(column.title), *(wide(row[at]) for row in rows)]) for at, column in enumerate(columns)]
    kept = [at for at, column in enumerate(columns) if column.rank == 0 or any(row[at] for row in rows)]
    while sum(widths[at] for at in kept) + len(GAP) * (len(kept) - 1) > width:
        rank = max(columns[at].rank for at in kept)
        if rank == 0:
            break
        kept = [at for at in kept if columns[at].rank < rank]
    return kept


def draw(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """The title line and one line for each row; a name that is wider than the screen makes its line longer."""
    rows = [[cut(text, LONGEST) for text in row] for row in rows]
    kept = fit(columns, rows, width)
    widths = [max([wide(columns[at].title), *(wide(row[at]) for row in rows)]) for at in kept]
    lines = [[columns[at].title for at in kept], *([row[at] for at in kept] for row in rows)]
    return [
        GAP.join(
            pad(text, width, columns[at].right) for text, width, at in zip(line, widths, kept, strict=True)
        ).rstrip()
        for line in lines
    ]
