"""The sources' ladder beside ours: their machines differ from this one, so speed-ups are compared, not times."""

from __future__ import annotations

from reports import units
from reports.blocks import Block, Cell, Column, Link, Mono, Prose, Row, Section, Table
from reports.published import Rung, rungs
from reports.view import View, page_of

SIGNS = {"as published": "✓", "more than published": "▲", "less than published": "▼"}


def render(view: View) -> Section | None:
    """A table for each component whose sources give figures."""
    blocks: list[Block] = []
    for problem in view.problems:
        told = rungs(problem, view.frame)
        if not any(rung.published for rung in told) or not any(rung.status for rung in told):
            continue
        name = Link(problem.title, page_of(problem.name)) if len(view.problems) > 1 else "Here"
        blocks.append(
            Prose(
                (
                    name,
                    " at ",
                    Mono(problem.published_case),
                    ": how many times faster than ",
                    Mono(problem.baseline),
                    ".",
                )
            )
        )
        columns = (
            Column("Way"),
            Column("Published", True, "Range over the sources that give both times"),
            Column("Here", True, "Median over fresh processes of the ratio within each"),
            Column("Interval", True),
            Column("Verdict"),
        )
        caption = f"Speed-up over {problem.baseline} at {problem.published_case}, published and measured"
        blocks.append(Table(f"published-{problem.name}", caption, columns, tuple(map(_row, told))))
    return Section("published", "Against the published figures", tuple(blocks)) if blocks else None


def _row(rung: Rung) -> Row:
    here = units.times(rung.value) if rung.value else rung.status or "not in this run"
    interval = units.span((rung.low, rung.high)) if rung.value else units.NONE
    verdict = f"{SIGNS[rung.verdict]} {rung.verdict}" if rung.verdict else units.NONE
    return Row(
        (
            Cell(rung.variant, mono=True),
            Cell(units.span(rung.published), rung.published[0] if rung.published else None),
            Cell(here, rung.value),
            Cell(interval, rung.low),
            Cell(verdict),
        )
    )
