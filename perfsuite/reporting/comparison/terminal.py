"""A comparison for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from perfsuite.judging.record import Comparison
from perfsuite.model.printable import REASON, cut, visible
from perfsuite.project import catalogue
from perfsuite.reporting.comparison import wording
from perfsuite.reporting.text.grid import Column, draw

HUES = {"SLOWER": "31", "ERROR": "31", "UNTRUSTED": "31", "FASTER": "32", "INCOMPARABLE": "33", "UNDECIDED": "33"}
COLUMNS = (
    Column("", right=False),
    Column("change"),
    Column("interval"),
    Column("cell", right=False),
    Column("BASE", rank=2),
    Column("epochs", rank=3),
    Column("cost", rank=3),
)


def text(found: Comparison, *, every: bool, color: bool, width: int) -> str:
    """A comparison for a terminal."""

    def paint(text: str, *codes: str) -> str:
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if color and codes else text

    lines = [
        f"BASE  {wording.label(found.base)}",
        f"HEAD  {wording.label(found.head)}",
        "",
        paint(wording.headline(found), "1"),
        wording.effort(found),
    ]
    if found.partial:
        lines.append(f"! interrupted: `{catalogue.PROJECT.command} compare --resume` goes on")
    lines += wording.warnings(found)
    rows = wording.ordered(found, every)
    if rows:
        title, *drawn = draw(COLUMNS, [wording.cells(row) for row in rows], width)
        lines += ["", paint(title, "2")]
        for line, row in zip(drawn, rows, strict=True):
            lines.append(paint(line, *([HUES[row.verdict]] if row.verdict in HUES else [])))
            if reason := wording.why(row):
                lines.append(paint(f"    {wording.shown(reason)}", "2"))
    hidden = [f"{found.count(verdict)} {wording.NAMES[verdict]}" for verdict in wording.QUIET if found.count(verdict)]
    if hidden and not every:
        lines += ["", f"not shown: {', '.join(hidden)}; `--all` shows them"]
    if found.skipped:
        lines += ["", *wording.skipped(found)]
    lines += ["", wording.promise(found)]
    return "\n".join(lines).rstrip() + "\n"


def creep(found: Comparison, history: Sequence[Comparison]) -> str:
    """How the cells that are slower than the anchor became so, commit by commit; empty if there are none."""
    lines = []
    for row in found.rows:
        if row.verdict != "SLOWER":
            continue
        steps = [other.ratio for one in history for other in one.rows if other.cell == row.cell and other.ratio]
        path = ", ".join(wording.change(ratio) for ratio in steps)
        lines.append(f"{visible(cut(row.cell, REASON))} against {wording.label(found.base)}, commit by commit: {path}")
    return "\n".join([*lines, ""]) + "\n" if lines else ""
