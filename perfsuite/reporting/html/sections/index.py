"""Every cell of a run in one table, farthest from the hardware first: a page of its own, because it is long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from perfsuite.model.record import REFUSED
from perfsuite.reporting import units
from perfsuite.reporting.frame import rows as rows_of
from perfsuite.reporting.html.blocks import Column, Index, Line, Section, prose
from perfsuite.reporting.leading.ranking import ranked
from perfsuite.reporting.missing import NUMBER
from perfsuite.reporting.view import View, anchor, page_of

PAGE = "cells.html"  # beside the other pages
COLUMNS = (
    Column("Variant"),
    Column("Component", facet=True),
    Column("Case", facet=True),
    Column("Dtype", facet=True),
    Column("Device", facet=True),
    Column("Executor", facet=True),
    Column("Threads", facet=True),
    Column("Time", True),
    Column("× hw", True),
    Column("Bound", facet=True),
    Column("Status", facet=True),
)
LEAD = (
    "Cells bound by arithmetic or memory come first, the farthest from the hardware at the top; then those bound by "
    "overhead; then those whose operators cannot be counted, those that failed, and those that were skipped."
)


def render(view: View) -> Section | None:
    """One row for each cell that ran, and one for the cells of a component that were skipped for the same reason."""
    every = rows_of(view.frame)
    order = ranked(every)
    failed = [row for row in every if row["status"] in REFUSED or row["status"] in ("unstable", "contended")]
    lines = (*map(_line, [*order.hardware, *order.overhead, *order.unknown, *failed]), *_skipped(every))
    if not lines:
        return None
    table = Index("cells", "Every cell of this run", COLUMNS, lines, "Search cells", "rows")
    return Section("cells", "Every cell", (prose(LEAD), table))


def _line(row: Mapping[str, Any]) -> Line:
    href = f"{page_of(row['component'])}#{anchor(row['cell'])}"
    return Line(
        href,
        (
            row["variant"],
            row["component"],
            row["case"],
            row["dtype"],
            row["device"],
            row["executor"],
            row["threads"] + " cold" * bool(row["cold"]),
            units.time(row["seconds"]),
            units.times(row["times_hardware"]),
            row["bound"],
            row["status"],
        ),
    )


def _skipped(every: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """The skipped cells, counted by component, device and reason; their rows are on the component's page."""
    found: dict[tuple[str, str, str], int] = {}
    for row in every:
        if row["status"] == "skipped":
            key = (row["component"], row["device"], NUMBER.sub("…", row["reason"]))
            found[key] = found.get(key, 0) + 1
    for (component, device, reason), cells in found.items():
        view = f"#cells.status=skipped&cells.device={quote(device, safe='')}"
        told = f"{cells} cell{'s' * (cells != 1)}: {reason}"
        yield Line(page_of(component) + view, (told, component, "", "", device, "", "", "", "", "", "skipped"))
