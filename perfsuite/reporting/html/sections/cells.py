"""Every cell of a component, to sort, filter and search, with the command that repeats it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfsuite.reporting import evidence, units
from perfsuite.reporting.frame import rows as rows_of
from perfsuite.reporting.html.blocks import Cell, Column, Row, Section, Table, facets, prose
from perfsuite.reporting.view import View, anchor, command, threads, trace_of

COLUMNS = (
    Column("Variant"),
    Column("Case"),
    Column("Device"),
    Column("Time", True),
    Column("× best", True),
    Column("Speed-up", True),
    Column("× hw", True),
    Column("Bound"),
    Column("Peak", True),
    Column("Error", True),
    Column("Trace"),
    Column("Command"),
)


def render(view: View) -> Section | None:
    """One row for each cell, including those without a time."""
    rows = tuple(map(_row, rows_of(view.frame)))
    if not rows:
        return None
    choices = facets(rows, "status", "case", "device", "executor", "threads", "caches")
    table = Table("cells", "Every cell of this component", COLUMNS, rows, choices, "Search cells", "cells")
    return Section("cells", "Every cell", (table,))


def _row(row: Mapping[str, Any]) -> Row:
    place = f"{row['device']}, {threads(row['threads'])}" + ", caches flushed" * row["cold"]
    speedup = 1 / row["ratio"] if units.known(row["ratio"]) else None
    timed = units.known(row["seconds"])
    spread = units.spread(row["seconds"], row["low"], row["high"]) if timed and row["launches"] > 1 else ""
    figures = (
        Cell(units.time(row["seconds"]), row["seconds"], spread),
        Cell(
            "best" if row["best"] else units.digits(row["times_best"]), row["times_best"], "tie" if row["tie"] else ""
        ),
        Cell(units.times(speedup), speedup),
        Cell(units.times(row["times_hardware"]), row["times_hardware"], row["remark"]),
        Cell(row["bound"] or units.NONE),
        Cell(units.peak(row["peak"], row["peak_is"]) or units.NONE, row["peak"]),
        Cell(units.percent(row["error_share"]), row["error_share"]),
    )
    sign = "○" if row["status"] == "skipped" else "!"
    tone = "quiet" if row["status"] == "skipped" else "bad"
    without = (Cell(f"{sign} {row['status']}", tone=tone), *[Cell(units.NONE)] * 6)
    why = evidence.why(row) if timed else row["reason"]
    trace = trace_of(row["trace"])
    return Row(
        (
            Cell(row["way"], mono=True),
            Cell(row["case"], row["size"] or None),
            Cell(place),
            *(figures if timed else without),
            Cell("trace" if trace else "", href=trace),
            Cell(command(row["cell"]), mono=True, copy=True),
        ),
        anchor=anchor(row["cell"]),
        facets={
            "status": row["status"],
            "case": row["case"],
            "device": row["device"],
            "executor": row["executor"],
            "threads": row["threads"],
            "caches": "flushed" if row["cold"] else "warm",
        },
        best=row["best"],
        below=(prose(why[0].upper() + why[1:] + ".", tone="note"),) if why else (),
    )
