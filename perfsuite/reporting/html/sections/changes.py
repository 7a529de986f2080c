"""What changed since another record of this class of machine: in short on the start page, and a page of its own."""

from __future__ import annotations

from collections.abc import Sequence

from perfsuite.model.record import Record
from perfsuite.project import catalogue
from perfsuite.reporting import units
from perfsuite.reporting.changes import wording
from perfsuite.reporting.changes.drift import Moved
from perfsuite.reporting.changes.found import VERDICTS, Change, Changes
from perfsuite.reporting.commands import runnable
from perfsuite.reporting.comparison.wording import change
from perfsuite.reporting.html.blocks import (
    Block,
    Cell,
    Code,
    Column,
    Details,
    Facts,
    Link,
    Row,
    Section,
    Table,
    facets,
    marked,
    prose,
)
from perfsuite.reporting.view import View, anchor, page_of, threads

PAGE = "changes.html"  # beside the report of the new run
TOP = 5  # cells on the start page
MOST = 200  # cells of each verdict on the page: more would make it large; the command's `--json` has all
TONES = {"slower": "bad", "faster": "best", "unclear": "quiet", "other work": "quiet"}
FACTS = (Column("Fact"), Column("OLD", wide=True), Column("NEW", wide=True))
CELLS = (
    Column("Cell", wide=True),
    Column("Verdict"),
    Column("Change", True, "NEW's time over OLD's, minus one; below it the interval"),
    Column("Drift", True, "A change by less than this means nothing: the machine itself moved so far"),
    Column("OLD", True, "Median over launches of the time of a call"),
    Column("NEW", True, "Median over launches of the time of a call"),
)


def render(view: View) -> Section | None:
    """The changes since the last run on this class of machine, in short; left out if there is no earlier run."""
    found = view.changes
    if found is None:
        return None
    blocks: list[Block] = [
        prose(f"Since run {wording.label(found.old)}: {wording.headline(found)}.", tone="lead"),
        *_warnings(found),
        *_facts(found, "since-facts"),
    ]
    if top := [row for row in found.rows if row.verdict in ("slower", "faster")]:
        top = sorted(top, key=lambda row: -max(row.ratio.value, 1 / row.ratio.value))[:TOP]
        blocks.append(Table("since", "The largest changes", CELLS, tuple(map(_row, top))))
    blocks.append(
        prose(
            Link("All cells, the drift of the machine, and how to confirm a change", PAGE),
            ". ",
            *marked(
                f"{wording.weaker(found)}. All runs on this kind of machine: `{catalogue.PROJECT.command} history`."
            ),
        )
    )
    return Section("since", "Since the last run here", tuple(blocks))


def whole(found: Changes) -> tuple[Section, ...]:
    """The sections of the page: what differs beside the code, the cells, and what only one record has."""
    sides = Facts((("OLD", wording.label(found.old)), ("NEW", wording.label(found.new))), wide=True)
    moved = Table(
        "roofs",
        "Medians of the bursts",
        (Column("Limit"), Column("Device"), Column("OLD", True), Column("NEW", True), Column("Same work takes", True)),
        tuple(map(_roof, found.roofs)),
    )
    drift = tuple(prose(f"{line}.") for line in wording.drift(found))
    shown = [row for verdict in VERDICTS for row in [one for one in found.rows if one.verdict == verdict][:MOST]]
    rows = tuple(map(_row, shown))
    rest = len(found.rows) - len(rows)
    cells = Table(
        "changes",
        "Cells that both runs timed" + f"; the {MOST} with the largest changes of each verdict" * bool(rest),
        CELLS,
        rows,
        facets(rows, "verdict", "family", "device"),
        "Search cells",
        "cells",
    )
    notes = (wording.confidence(found.rows), wording.chance(found), wording.weaker(found))
    confirm: tuple[Block, ...] = (Code(runnable(found.confirm), python=False),) if found.confirm else ()
    return (
        Section("machine", "Machine and environment", (sides, *_warnings(found), *_facts(found, "facts"))),
        Section(
            "drift",
            "How far the machine moved",
            (*drift, *([Details("Limits that both runs measured", (moved,))] if found.roofs else [])),
        ),
        Section(
            "cells", "Cells", (*(prose(*marked(f"{note}."), tone="note") for note in notes if note), *confirm, cells)
        ),
        *_rest(found),
    )


def _warnings(found: Changes) -> tuple[Block, ...]:
    return tuple(prose(f"! {line}.", tone="warning") for line in wording.warnings(found))


def _facts(found: Changes, name: str) -> tuple[Block, ...]:
    rows = tuple(Row((Cell(one.name), Cell(one.old), Cell(one.new))) for one in wording.facts(found))
    return (Table(name, "What else differs", FACTS, rows),) if rows else (prose(wording.NOTHING),)


def _roof(moved: Moved) -> Row:
    old, new = moved.old, moved.new
    place = f"{new.device}, {threads(new.threads)}" if new.threads else new.device
    return Row(
        (
            Cell(new.name),
            Cell(place),
            Cell(units.roof(old.typical, old.unit), old.typical),
            Cell(units.roof(new.typical, new.unit), new.typical),
            Cell(units.times(moved.longer), moved.longer),
        )
    )


def _row(row: Change) -> Row:
    component, _, rest = row.cell.partition("/")
    return Row(
        (
            Cell(row.cell, small=wording.why(row), href=f"{page_of(component)}#{anchor(row.cell)}"),
            Cell(row.verdict, tone=TONES[row.verdict]),
            Cell(change(row.ratio.value), row.ratio.value, wording.interval(row)),
            Cell(wording.drifted(row), row.drift),
            Cell(units.time(row.old.value), row.old.value),
            Cell(units.time(row.new.value), row.new.value),
        ),
        facets={"verdict": row.verdict, "family": component.partition(".")[0], "device": rest.split("/")[2]},
    )


def _rest(found: Changes) -> tuple[Section, ...]:
    """Cells with another status, and those of one record alone."""
    blocks: list[Block] = []
    if found.statuses:
        rows = tuple(Row((Cell(pair[1].cell), Cell(wording.status(pair)))) for pair in found.statuses)
        blocks.append(
            Table(
                "statuses", "Cells with another status", (Column("Cell", wide=True), Column("Status", wide=True)), rows
            )
        )
    records = [one for one in (found.lost, found.gained) if one]
    blocks += [Details(line, (_components(cells),)) for line, cells in zip(wording.only(found), records, strict=True)]
    return (Section("rest", "Cells that only one run timed", tuple(blocks)),) if blocks else ()


def _components(cells: Sequence[Record]) -> Facts:
    counts: dict[str, int] = {}
    for record in cells:
        counts[record.key.component] = counts.get(record.key.component, 0) + 1
    return Facts(tuple((name, f"{number:,} cells") for name, number in counts.items()))
