"""Which variant wins where: how many times slower than the fastest each variant is, case by case."""

from __future__ import annotations

from typing import Any

import pandas as pd

from perfsuite.reporting import glossary, units
from perfsuite.reporting.frame import grouped
from perfsuite.reporting.frame import rows as rows_of
from perfsuite.reporting.html.blocks import Block, Cell, Column, Row, Section, Table, prose
from perfsuite.reporting.view import View, threads


def render(view: View) -> Section | None:
    """A table of variants against cases for each dtype, device and number of threads with several cases."""
    places = grouped(view.frame[~view.frame["cold"]], "device", "threads", "dtype")
    tables = tuple(
        table
        for (device, count, dtype), cells in places
        if (table := _table(cells, f"{dtype}, {device}, {threads(str(count))}"))
    )
    if not tables:
        return None
    lead = prose("How many times slower each variant is than the fastest variant of the case.")
    blocks: tuple[Block, ...] = (lead, *tables)
    return Section("crossover", "Which variant wins where", blocks)


def _table(cells: pd.DataFrame, place: str) -> Table | None:
    timed = cells[cells["seconds"].notna()]
    cases = list(dict.fromkeys(timed["case"]))
    if len(cases) < 2 or timed["way"].nunique() < 2:
        return None
    found = {(row["way"], row["case"]): row for row in rows_of(cells)}
    rows = [
        Row((Cell(way, mono=True), *(_cell(found.get((way, case))) for case in cases)))
        for way in dict.fromkeys(timed["way"])
    ]
    best = {case: float(some["seconds"].min()) for (case,), some in grouped(timed, "case")}
    last = Row((Cell("Fastest time"), *(Cell(units.time(best[case]), tone="quiet") for case in cases)))
    columns = (Column("Variant"), *(Column(case, True, glossary.meaning("case")) for case in cases))
    return Table(f"crossover-{place}", f"Times slower than the fastest: {place}", columns, tuple(rows), last=last)


def _cell(row: dict[str, Any] | None) -> Cell:
    if row is None:
        return Cell("")
    if row["status"] != "ok":
        return Cell(units.NONE if row["status"] == "skipped" else f"! {row['status']}", tone="quiet")
    if row["best"]:
        return Cell("● 1", 1.0, tone="best")
    return Cell(units.digits(row["times_best"], 2), row["times_best"], "tie" if row["tie"] else "")
