"""The index: every component with its fastest variant, and how far that is from the hardware limit."""

from __future__ import annotations

from perfsuite.model.record import Problem
from perfsuite.reporting import units
from perfsuite.reporting.html.blocks import Cell, Column, Row, Section, Table, facets
from perfsuite.reporting.view import View, group_name, page_of


def render(view: View) -> Section | None:
    """One row for each component of the run."""
    rows = tuple(_row(view.of(problem), problem) for problem in view.problems)
    columns = (
        Column("Component"),
        Column("Fastest variant"),
        Column("Time", True),
        Column("Speed-up", True),
        Column("× hw", True),
        Column("Bound"),
        Column("Timed", True),
    )
    table = Table(
        "components", "Components of this run", columns, rows, facets(rows, "family"), "Search components", "components"
    )
    return Section("components", "Components", (table,))


def _row(view: View, problem: Problem) -> Row:
    timed = int(view.frame["seconds"].notna().sum())
    count = Cell(f"{timed:,} of {len(view.frame):,}", timed)
    name = Cell(problem.title, problem.title, problem.name, href=page_of(problem.name))
    family = {"family": problem.name.partition(".")[0]}
    cells = view.lead()
    if cells is None:
        return Row((name, Cell("no cell has a time", tone="quiet"), *[Cell(units.NONE)] * 4, count), facets=family)
    best = cells[cells["best"]].iloc[0]
    speedup = 1 / best["ratio"] if units.known(best["ratio"]) else None
    return Row(
        (
            name,
            Cell(best["way"], small=group_name(cells), mono=True),
            Cell(units.time(best["seconds"]), best["seconds"]),
            Cell(units.times(speedup) if best["way"] != problem.baseline else "baseline", speedup),
            Cell(units.times(best["times_hardware"]), best["times_hardware"], best["remark"]),
            Cell(best["bound"] or units.NONE),
            count,
        ),
        facets=family,
    )
