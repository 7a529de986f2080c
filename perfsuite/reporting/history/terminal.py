"""A history, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from perfsuite.history.history import History, Row
from perfsuite.history.suspicions import Suspicion
from perfsuite.model.printable import REASON, cut, visible
from perfsuite.reporting import units
from perfsuite.reporting.comparison.wording import change
from perfsuite.reporting.history import wording
from perfsuite.reporting.text.grid import Column, draw
from perfsuite.reporting.text.ink import BOLD, DIM, GREEN, RED, YELLOW, Paint, ink, wrapped

COLUMNS = (
    Column("", right=False),
    Column("change"),
    Column("cell", right=False),
    Column("runs", rank=2),
    Column("now", rank=1),
    Column("since anchor", rank=1),
)
HUES = {"slower": RED, "faster": GREEN, "suspected": YELLOW, "undecided": YELLOW}
MOST = 40  # cells without a change that are listed


def text(found: History, color: bool, width: int, every: bool = False) -> str:
    """What was found first, then the cells, then what is left to do."""
    paint = ink(color)
    kinds = [f"{name} ({number} run{'s' * (number != 1)})" for name, number in found.runs.kinds]
    parts = [
        [paint(f"{found.runs.kind}, {wording.span(found)}", BOLD)],
        _others(found, kinds, width, paint),
        [line for one in found.runs.notes for line in wrapped(f"! {visible(one)}", width, paint, YELLOW)],
        _sentences([wording.beside_others(found), wording.drift(found), wording.anchor(found)], width, paint, DIM),
        [paint(wording.headline(found), BOLD)],
        _cells(found, width, paint, every),
        [line for row in found.rows for one in row.suspicions for line in _said(found, row, one, width, paint)],
        _todo(found, width, paint),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _others(found: History, kinds: list[str], width: int, paint: Paint) -> list[str]:
    if len(kinds) < 2:
        return []
    told = f"kinds of machine are never mixed; --class chooses one of: {'; '.join(kinds)}"
    return list(wrapped(told, width, paint, DIM))


def _sentences(lines: Iterable[str], width: int, paint: Paint, *codes: str) -> list[str]:
    return [line for one in lines if one for line in wrapped(f"{one}.", width, paint, *codes)]


def _cells(found: History, width: int, paint: Paint, every: bool) -> list[str]:
    changed = [row for row in found.rows if row.suspicions]
    quiet = [row for row in found.rows if not row.suspicions]
    rows = changed + (quiet if every else quiet[: max(0, MOST - len(changed))])
    title, *drawn = draw(COLUMNS, list(map(_row, rows)), width)
    lines = [paint(title, DIM)]
    lines += [paint(line, HUES.get(row.state, DIM)) for line, row in zip(drawn, rows, strict=True)]
    rest = len(found.rows) - len(rows)
    return [*lines, paint(f"{rest:,} more without a change: `--all` shows them", DIM)] if rest else lines


def _row(row: Row) -> list[str]:
    one = row.change
    return [
        wording.STATES.get(row.state, row.state),
        wording.size(one) if one else "",
        visible(cut(row.cell, REASON)),
        f"{len(row.series):,}",
        units.time(float(row.series.seconds[-1])),
        change(row.since),
    ]


def _said(found: History, row: Row, one: Suspicion, width: int, paint: Paint) -> list[str]:
    told = wording.said(found, one)
    return list(wrapped(f"{cut(row.cell, REASON)}: {told}", width, paint, most=3))


def _todo(found: History, width: int, paint: Paint) -> list[str]:
    if not found.todo:
        return []
    work = wording.work(len(found.todo), found.forecast)
    lead = f"Nothing is called a regression that was not confirmed. `--confirm` does it: {work}."
    lines = [visible(wording.command(pair)) for pair in found.todo[:MOST]]
    rest = len(found.todo) - len(lines)
    return [*wrapped(lead, width, paint), *lines, *([f"and {rest:,} more comparisons"] if rest else [])]
