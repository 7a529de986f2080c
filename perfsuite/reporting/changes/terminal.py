"""What changed between two records, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from perfsuite.model.printable import REASON, cut, visible
from perfsuite.reporting import units
from perfsuite.reporting.changes import wording
from perfsuite.reporting.changes.found import Change, Changes
from perfsuite.reporting.commands import runnable
from perfsuite.reporting.comparison.wording import change
from perfsuite.reporting.text.grid import Column, draw
from perfsuite.reporting.text.ink import BOLD, DIM, GREEN, RED, YELLOW, Paint, ink, wrapped

FACTS = (Column("", right=False), Column("OLD", right=False), Column("NEW", right=False))
CELLS = (
    Column("", right=False),
    Column("change"),
    Column("interval"),
    Column("cell", right=False),
    Column("OLD", rank=2),
    Column("NEW", rank=2),
    Column("drift", rank=1),
    Column("note", right=False, rank=3),
)
HUES = {"slower": RED, "faster": GREEN}
FEW = 5  # lines of a list that may be long


def text(found: Changes, color: bool, width: int, every: bool = False) -> str:
    """Machine and packages first, then the cells that changed; with ``every``, all cells."""
    paint = ink(color)
    parts = [
        [f"OLD  {wording.label(found.old)}", f"NEW  {wording.label(found.new)}"],
        [line for one in wording.warnings(found) for line in wrapped(f"! {one}", width, paint, YELLOW)],
        _facts(found, width, paint),
        _sentences(wording.drift(found), width, paint),
        [paint(wording.headline(found), BOLD)],
        _cells(found, width, paint, every),
        _statuses(found, width, paint, every),
        _sentences(wording.only(found), width, paint),
        _sentences([wording.confidence(found.rows), wording.chance(found), wording.weaker(found)], width, paint, DIM),
        [f"confirm  {visible(runnable(found.confirm))}"] if found.confirm else [],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _sentences(lines: Iterable[str], width: int, paint: Paint, *codes: str) -> list[str]:
    return [line for one in lines if one for line in wrapped(f"{one}.", width, paint, *codes)]


def _facts(found: Changes, width: int, paint: Paint) -> list[str]:
    rows = [[one.name, one.old, one.new] for one in wording.facts(found)]
    if not rows:
        return [wording.NOTHING]
    title, *drawn = draw(FACTS, rows, width)
    return [paint("Machine and environment", BOLD), paint(title, DIM), *drawn]


def _cells(found: Changes, width: int, paint: Paint, every: bool) -> list[str]:
    """The cells with a verdict; those without one only on request, for there are many."""
    rows = [row for row in found.rows if every or row.verdict in HUES]
    lines = []
    if rows:
        title, *drawn = draw(CELLS, list(map(_row, rows)), width)
        hues = [[HUES[row.verdict]] if row.verdict in HUES else [DIM] for row in rows]
        lines = [paint(title, DIM), *(paint(line, *hue) for line, hue in zip(drawn, hues, strict=True))]
    rest = len(found.rows) - len(rows)
    return [*lines, paint(f"{rest:,} without a verdict: `--all` shows them", DIM)] if rest else lines


def _row(row: Change) -> list[str]:
    return [
        row.verdict,
        change(row.ratio.value),
        wording.interval(row),
        visible(cut(row.cell, REASON)),
        units.time(row.old.value),
        units.time(row.new.value),
        wording.drifted(row),
        visible(cut(wording.why(row), REASON)),
    ]


def _statuses(found: Changes, width: int, paint: Paint, every: bool) -> list[str]:
    shown = found.statuses if every else found.statuses[:FEW]
    lines = [
        line
        for pair in shown
        for line in wrapped(f"{cut(pair[1].cell, REASON)}  {wording.status(pair)}", width, paint, most=2)
    ]
    rest = len(found.statuses) - len(shown)
    lines += [paint(f"and {rest:,} more: `--all` shows them", DIM)] if rest else []
    return [paint("Another status", BOLD), *lines] if lines else []
