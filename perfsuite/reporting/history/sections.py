"""The sections of a history's pages."""

from __future__ import annotations

from collections.abc import Sequence

from perfsuite.history.history import History, Row
from perfsuite.history.suspicions import Suspicion
from perfsuite.model.estimates import median_interval
from perfsuite.reporting import units
from perfsuite.reporting.comparison.wording import change
from perfsuite.reporting.history import wording
from perfsuite.reporting.html.blocks import (
    Block,
    Cell,
    Code,
    Column,
    Details,
    Facts,
    Index,
    Line,
    Link,
    Part,
    Picture,
    Section,
    Table,
    prose,
)
from perfsuite.reporting.html.blocks import Row as TableRow
from perfsuite.reporting.plots import history as plots
from perfsuite.reporting.view import anchor, page_of

MOST = 100  # changes and commands on a page
DRAWN = 20  # cells of a component that are drawn; the others are in the table
RUNS = 20  # runs in the table of a component
CHANGES = (
    Column("Cell", wide=True),
    Column("State", hint="Only a change that a comparison of the two commits found too is called slower or faster"),
    Column("Change", True, "The time after over the time before, minus one; below it the interval"),
    Column("What is known", wide=True),
)


def numbers(found: History) -> tuple[tuple[str, str], ...]:
    """The figures at the top."""
    told = [("runs", f"{len(found.runs.runs):,}"), ("cells", f"{len(found.rows):,}")]
    commits = len({run.commit for run in found.runs.runs} - {""})
    told += [("commits", f"{commits:,}")] if commits else []
    told += [(name, f"{found.count(state):,}") for state, name in wording.STATES.items() if found.count(state)]
    return tuple(told)


def start(found: History) -> tuple[Section, ...]:
    """What was found, all cells, the machine, and what is left to do."""
    made = [_found(found), _cells(found), _machine(found), _runs(found)]
    return tuple(section for section in made if section)


def _found(found: History) -> Section:
    every = [one for row in found.rows for one in row.suspicions]
    blocks: list[Block] = [prose(f"! {note}.", tone="warning") for note in found.runs.notes]
    if every:
        rows = tuple(_suspicion(found, one) for one in every[:MOST])
        blocks.append(Table("changes", "Changes that the runs suggest", CHANGES, rows))
    else:
        blocks.append(prose(f"{wording.headline(found)}."))
    if found.todo:
        work = wording.work(len(found.todo), found.forecast)
        blocks.append(prose(f"Nothing is called a regression that was not confirmed. What is suspected takes {work}."))
        blocks += [Code(wording.command(pair), python=False) for pair in found.todo[:20]]
    return Section("changes", "Changes", tuple(blocks), hint="Steps between commits, and creep since the anchor")


def _suspicion(found: History, one: Suspicion) -> TableRow:
    component = one.cell.partition("/")[0]
    return TableRow(
        (
            Cell(one.cell, href=f"{page_of(component)}#{anchor(one.cell)}"),
            Cell(wording.STATES[one.state], tone=plots.suspicion_tone(one), href=_compared(one)),
            Cell(wording.size(one), one.ratio, wording.interval(one)),
            Cell(_sentence(wording.said(found, one))),
        )
    )


def _cells(found: History) -> Section:
    columns = (
        Column("Cell"),
        Column("State", facet=True),
        Column("Change", True),
        Column("Runs", True),
        Column("Now", True, "The newest run"),
        Column("Since anchor", True, "The last three runs over those of the anchor; no finding by itself"),
        Column("Component", facet=True),
    )
    lines = tuple(
        Line(
            f"{page_of(row.cell.partition('/')[0])}#{anchor(row.cell)}",
            (
                row.cell,
                wording.STATES.get(row.state, row.state),
                wording.size(row.change) if row.change else "",
                f"{len(row.series)}",
                units.time(float(row.series.seconds[-1])),
                change(row.since),
                row.cell.partition("/")[0],
            ),
        )
        for row in found.rows
    )
    drawn = plots.grid(found)
    blocks: list[Block] = [Picture(drawn)] if drawn else []
    blocks.append(Index("cells", "All cells, changes first", columns, lines, "Search cells", "cells"))
    return Section("cells", "Cells", tuple(blocks), hint="Every cell of these runs")


def _machine(found: History) -> Section:
    blocks: list[Block] = [prose(f"{_sentence(wording.drift(found))}.")]
    if told := wording.anchor(found):
        blocks.append(prose(f"{_sentence(told)}."))
    if len(found.runs.kinds) > 1:
        rows = tuple((name, f"{number:,} runs") for name, number in found.runs.kinds)
        blocks.append(
            Details("Other kinds of machine, which are never mixed: --class chooses one", (Facts(rows, True),))
        )
    return Section("machine", "The machine", tuple(blocks), hint="What the machine did, which is not the code")


def _runs(found: History) -> Section:
    columns = (
        Column("Run"),
        Column("Commit", wide=True),
        Column("Drift", True),
        Column("Changed beside the code", wide=True),
    )
    factors = found.measured.drift.factors
    rows = tuple(
        TableRow(
            (
                Cell(run.run),
                Cell(wording.commit(found, run.commit) if run.commit else "none"),
                Cell(change(factors.get(run.run)), factors.get(run.run)),
                Cell(", ".join(found.changes.get(run.run, ()))),
            )
        )
        for run in reversed(found.runs.runs[-MOST:])
    )
    older = len(found.runs.runs) - len(rows)
    caption = "Runs, the newest commit first" + f"; {older:,} older ones are left out" * bool(older)
    return Section("runs", "Runs", (Table("runs", caption, columns, rows),), hint="In the order of the commits")


def component(found: History, rows: Sequence[Row]) -> tuple[Section, ...]:
    """A section for each cell, those with changes first."""
    made = [_series(found, row) for row in rows[:DRAWN]]
    rest = rows[DRAWN:]
    if rest:
        names = tuple((row.cell, f"{len(row.series)} runs, {wording.STATES.get(row.state, row.state)}") for row in rest)
        made.append(Section("others", "Other cells", (Facts(names, wide=True),), hint="Without a change"))
    return tuple(made)


def _series(found: History, row: Row) -> Section:
    blocks: list[Block] = [prose(*_told(found, one), tone="lead") for one in row.suspicions]
    if told := wording.left_out(found, row):
        blocks.append(prose(f"! {told}.", tone="warning"))
    blocks.append(Picture(plots.series(found, row)))
    columns = (Column("Commit", wide=True), Column("Run"), Column("Time", True, "Below it the interval over launches"))
    measured = zip(row.series.tail(RUNS).points[::-1], row.raw.tail(RUNS).points[::-1], strict=True)
    lines = []
    for point, raw in measured:
        interval = median_interval(point.launches)
        small = f"{units.time(interval.low)} … {units.time(interval.high)}"
        small += f"; measured {units.time(raw.seconds)}" if point.seconds != raw.seconds else ""
        name = wording.commit(found, point.commit) if point.commit else "none"
        lines.append(TableRow((Cell(name), Cell(point.run), Cell(units.time(point.seconds), point.seconds, small))))
    table = Table(f"runs-{anchor(row.cell)}", f"The last {len(lines)} runs, the newest first", columns, tuple(lines))
    blocks.append(Details("Runs with their times", (table,)))
    state = wording.STATES.get(row.state, row.state)
    return Section(anchor(row.cell), row.cell, tuple(blocks), hint=f"{len(row.series)} runs, {state}")


def _told(found: History, one: Suspicion) -> tuple[Part, ...]:
    """What is known of a suspicion, with a link to the comparison that decided."""
    text = f"{_sentence(wording.said(found, one))}."
    return (text, " ", Link("The comparison", _compared(one)), ".") if one.comparison else (text,)


def _compared(one: Suspicion) -> str:
    return f"../compare/{one.comparison}.html" if one.comparison else ""


def _sentence(text: str) -> str:
    """``text`` with a capital letter."""
    return text[:1].upper() + text[1:]
