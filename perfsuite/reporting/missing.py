"""The cells without a time, counted by status and reason, so that nothing is left out silently."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from perfsuite.model.printable import REASON, cut

NUMBER = re.compile(r"\d[\d.,]*(?:e[+-]?\d+)?")


@dataclass(frozen=True)
class Gap:
    """Cells that have no time for the same reason."""

    status: str
    reason: str  # with "…" in place of numbers that differ between the cells
    cells: tuple[str, ...]

    def __str__(self) -> str:
        """The gap as one line: ``112 cells skipped: needs cuda``."""
        cells = f"{len(self.cells):,} cell" + "s" * (len(self.cells) != 1)
        return f"{cells} {self.status}" + f": {self.reason}" * bool(self.reason)

    @property
    def short(self) -> str:
        """The same line for a terminal: a long reason is cut."""
        return cut(str(self), REASON)


def gaps(frame: pd.DataFrame) -> tuple[Gap, ...]:
    """The reasons why cells of ``frame`` are not ok: failures first, then skipped cells."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for cell, status, reason in frame.loc[frame["status"] != "ok", ["cell", "status", "reason"]].itertuples(
        index=False
    ):
        found.setdefault((status, NUMBER.sub("…", reason)), []).append((cell, reason))
    result = [
        Gap(status, reason if len({told for _, told in cells}) > 1 else cells[0][1], tuple(cell for cell, _ in cells))
        for (status, reason), cells in found.items()
    ]
    return tuple(sorted(result, key=lambda gap: (gap.status == "skipped", -len(gap.cells), gap.status, gap.reason)))
