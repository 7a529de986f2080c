"""Who wins where: how many times slower than the fastest each way is, case by case."""

from __future__ import annotations

import pandas as pd

from reports import units
from reports.blocks import Block, Cell, Column, Prose, Row, Section, Table
from reports.view import View, threads


def render(view: View) -> Section | None:
    """A table of ways against cases for each device and number of threads that has several cases."""
    places = view.frame[~view.frame["cold"]].groupby(["device", "threads"], sort=False)
    tables = tuple(
        table for (device, count), cells in places if (table := _table(cells, f"{device}, {threads(count)}"))
    )
    if not tables:
        return None
    lead = Prose(
        (
            "Times slower than the fastest way of each case. A column reads from 1: the higher, the worse the choice there.",
        )
    )
    blocks: tuple[Block, ...] = (lead, *tables)
    return Section("crossover", "Who wins where", blocks)


def _table(cells: pd.DataFrame, place: str) -> Table | None:
    timed = cells[cells["seconds"].notna()]
    cases = list(dict.fromkeys(timed["case"]))
    if len(cases) < 2 or timed["way"].nunique() < 2:
        return None
    found = {(row["way"], row["case"]): row for row in cells.to_dict("records")}
    rows = [
        Row((Cell(way, mono=True), *(_cell(found.get((way, case))) for case in cases)))
        for way in dict.fromkeys(timed["way"])
    ]
    best = {row["case"]: row["seconds"] for row in timed[timed["best"]].to_dict("records")}
    rows.append(Row((Cell("Fastest time"), *(Cell(units.time(best[case]), tone="quiet") for case in cases))))
    columns = (Column("Way"), *(Column(case, True) for case in cases))
    return Table(f"crossover-{place}", f"Times slower than the fastest: {place}", columns, tuple(rows))


def _cell(row: dict[str, object] | None) -> Cell:
    if row is None:
        return Cell("")
    if row["status"] != "ok":
        return Cell(units.NONE if row["status"] == "skipped" else f"! {row['status']}", tone="quiet")
    if row["best"]:
        return Cell("● 1", 1.0, tone="best")
    value = float(str(row["times_best"]))
    return Cell(units.digits(value, 2), value, "tie" if row["tie"] else "")
