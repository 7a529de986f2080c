"""The fastest variants that are farthest from the hardware; those that overhead bounds are in a table of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from perfsuite.reporting import evidence, units
from perfsuite.reporting.frame import rows as rows_of
from perfsuite.reporting.html.blocks import Block, Cell, Column, Link, Row, Section, Table, prose
from perfsuite.reporting.html.sections.index import PAGE
from perfsuite.reporting.leading.ranking import ranked
from perfsuite.reporting.view import View, anchor, page_of, place

MOST = 6  # rows of a table
COLUMNS = (
    Column("Fastest variant"),
    Column("× hw", True),
    Column("Time", True),
    Column("Bound"),
    Column("Why", wide=True),
)


def render(view: View) -> Section | None:
    """Two short tables, and the way to the whole ranking."""
    order = ranked(rows_of(view.frame[view.frame["best"]]))
    tables = (
        ("farthest", "Bound by arithmetic or memory", order.hardware),
        ("overhead", "Bound by overhead", order.overhead),
    )
    blocks: list[Block] = [
        _table(name, f"{caption}: {_how_many(len(rows))}", rows[:MOST], view) for name, caption, rows in tables if rows
    ]
    if not blocks:
        return None
    lead = prose(
        "The fastest variant of each case, by its distance from what this hardware can do. ",
        Link("All cells, to filter and to sort", PAGE),
        ".",
    )
    return Section("ranking", "Farthest from the hardware", (lead, *blocks))


def _how_many(rows: int) -> str:
    return f"the {MOST} farthest of {rows:,}" if rows > MOST else f"all {rows}"


def _table(name: str, caption: str, rows: Sequence[Mapping[str, Any]], view: View) -> Table:
    titles = {problem.name: problem.title for problem in view.problems}
    return Table(name, caption, COLUMNS, tuple(_row(row, titles[row["component"]]) for row in rows))


def _row(row: Mapping[str, Any], title: str) -> Row:
    return Row(
        (
            Cell(
                row["way"], small=f"{title} · {place(row)}", href=f"{page_of(row['component'])}#{anchor(row['cell'])}"
            ),
            Cell(units.times(row["times_hardware"]), row["times_hardware"]),
            Cell(units.time(row["seconds"]), row["seconds"]),
            Cell(row["bound"]),
            Cell(evidence.why(row) or units.NONE),
        )
    )
