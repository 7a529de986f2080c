"""The sources' ladder beside ours: their machines differ from this one, so speed-ups are compared, not times."""

from __future__ import annotations

from perfsuite.reporting import units
from perfsuite.reporting.html.blocks import Block, Cell, Column, Link, Mono, Part, Row, Section, Table, prose
from perfsuite.reporting.published import Ladder, Rung, ladder
from perfsuite.reporting.view import View, page_of, safe

SIGNS = {"as published": "✓", "more than published": "▲", "less than published": "▼"}


def render(view: View) -> Section | None:
    """A table for each component whose sources give figures."""
    blocks = [
        block for problem in view.problems if (told := ladder(problem, view.run)) for block in _blocks(told, view)
    ]
    return Section("published", "Against the published figures", tuple(blocks)) if blocks else None


def _blocks(told: Ladder, view: View) -> tuple[Block, ...]:
    problem = told.problem
    name = Link(problem.title, page_of(problem.name)) if view.start else "Here"
    words: list[Part] = [name, " at ", Mono(problem.published_case), ": times as fast as ", Mono(told.base), "."]
    if told.base != problem.baseline:
        words += [" The baseline, ", Mono(problem.baseline), ", has no time in this run."]
    columns = (
        Column("Variant"),
        Column("Published", True),
        Column("Here", True),
        Column("Interval", True),
        Column("Verdict"),
    )
    caption = f"{problem.title}: speed-up over {told.base} at {problem.published_case}, published and measured"
    table = Table(f"published-{safe(problem.name)}", caption, columns, tuple(map(_row, told.rungs)))
    return prose(*words), table


def _row(rung: Rung) -> Row:
    here = units.times(rung.here.value) if rung.here else rung.status or "not in this run"
    interval = units.span((rung.here.low, rung.here.high)) if rung.here and rung.here.launches > 1 else units.NONE
    verdict = f"{SIGNS[rung.verdict]} {rung.verdict}" if rung.verdict else units.NONE
    return Row(
        (
            Cell(rung.variant, mono=True),
            Cell(units.span(rung.published), rung.published[0] if rung.published else None),
            Cell(here, rung.here.value if rung.here else None, small=f"at {rung.case}" if rung.case else ""),
            Cell(interval, rung.here.low if rung.here else None),
            Cell(verdict),
        )
    )
