"""Where the times of a run go, and how many of them are not explained: plain tables, by component and by part."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from perfsuite.model.account import account
from perfsuite.model.floor import UNEXPLAINED, floor
from perfsuite.model.printable import visible
from perfsuite.model.record import Run
from perfsuite.reporting import units
from perfsuite.reporting.frame import build, rows

MOST = 20  # cells that are listed
HEAD = ("component", "timed", "unexplained", "accounted", "largest part")


def document(run: Run) -> dict[str, Any]:
    """The counts of ``run`` in JSON types: in all, by component, and each unexplained cell with its parts."""
    timed = [row for row in rows(build(run)) if units.known(row["seconds"])]
    shares = [row["accounted"] for row in timed if units.known(row["accounted"])]
    lost = [row for row in timed if row["remark"] == "unexplained"]
    largest = _largest(run)
    by_component: dict[str, list[Mapping[str, Any]]] = {}
    for row in timed:
        by_component.setdefault(row["component"], []).append(row)
    return {
        "timed": len(timed),
        "unexplained": len(lost),
        "no parts counted": len(timed) - len(shares),
        "accounted": {
            "below half": sum(share * UNEXPLAINED < 1 for share in shares),
            "within a factor of two": sum(1 / 2 <= share <= 2 for share in shares),
            "above twice": sum(share > 2 for share in shares),
        },
        "components": {name: _component(found, largest) for name, found in sorted(by_component.items())},
        "cells": [{name: row[name] for name in ("cell", "seconds", "account", "bound")} for row in lost],
    }


def _component(found: Sequence[Mapping[str, Any]], largest: Mapping[str, str]) -> dict[str, Any]:
    shares = [row["accounted"] for row in found if units.known(row["accounted"])]
    parts = [largest[row["cell"]] for row in found if row["cell"] in largest]
    return {
        "timed": len(found),
        "unexplained": sum(row["remark"] == "unexplained" for row in found),
        "accounted": statistics.median(shares) if shares else None,
        "largest part": statistics.mode(parts) if parts else "",
    }


def _largest(run: Run) -> dict[str, str]:
    """The largest part of the time of each cell whose parts were counted."""
    found = {record.cell: account(record, run.roofs, floor(record, run.roofs)) for record in run.records}
    return {cell: own.terms[0].name for cell, own in found.items() if own and own.terms}


def text(told: Mapping[str, Any]) -> str:
    """The counts as a table: components with most unexplained cells first, then the cells."""
    total, lost = told["timed"], told["unexplained"]
    share = f", {units.percent(lost / total)}" if total else ""
    spread = ", ".join(f"{name} {count:,}" for name, count in told["accounted"].items())
    lines = [
        f"{lost:,} of {total:,} timed cells are unexplained{share}; parts not counted: {told['no parts counted']:,}"
    ]
    lines += [f"the parts together, over the time: {spread}", ""]
    order = sorted(told["components"].items(), key=lambda item: (-item[1]["unexplained"], item[0]))
    lines += _table([HEAD, *(_row(name, counts) for name, counts in order)])
    cells = sorted(told["cells"], key=lambda cell: -cell["seconds"])
    lines += [""] * bool(cells)
    lines += [
        f"{visible(cell['cell'])}  {units.time(cell['seconds'])}  {visible(cell['account'])}" for cell in cells[:MOST]
    ]
    if len(cells) > MOST:
        lines.append(f"and {len(cells) - MOST:,} more; --json lists them")
    return "\n".join(lines)


def _row(name: str, counts: Mapping[str, Any]) -> tuple[str, ...]:
    accounted = "" if counts["accounted"] is None else units.percent(counts["accounted"])
    return visible(name), f"{counts['timed']:,}", f"{counts['unexplained']:,}", accounted, counts["largest part"]


def _table(table: Iterable[tuple[str, ...]]) -> list[str]:
    found = list(table)
    widths = [max(map(len, column)) for column in zip(*found, strict=True)]
    return [re.sub(r"\s+$", "", "  ".join(map(str.ljust, row, widths))) for row in found]
