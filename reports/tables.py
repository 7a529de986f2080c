"""The table of a run as files for other programs: CSV with everything, Markdown with what people read."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pandas as pd

from benchmarks.printable import visible
from reports import units
from reports.frame import rows as rows_of

MARKDOWN = ("Cell", "Time", "±", "× best", "Speed-up", "× floor", "Bound", "Peak", "Error", "Status")


def csv(frame: pd.DataFrame) -> str:
    """Every column of ``frame``; an empty field is a figure that is not known. Names and units are in its header."""
    out = io.StringIO()
    frame.to_csv(out, index=False, lineterminator="\n")
    return out.getvalue()


def markdown(frame: pd.DataFrame) -> str:
    """One row for each cell, ready for a README or an issue."""
    rows = [MARKDOWN, ("---", *["---:"] * 5, "---", "---:", "---:", "---"), *map(_row, rows_of(frame))]
    return "".join(f"| {' | '.join(map(_escaped, row))} |\n" for row in rows)


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    if not units.known(row["seconds"]):
        told = f"{row['status']}: {row['reason']}" if row["reason"] else row["status"]
        return (row["cell"], *[""] * 8, told)
    return (
        row["cell"],
        units.time(row["seconds"]),
        units.spread(row["seconds"], row["low"], row["high"]) if row["launches"] > 1 else "",
        "best" if row["best"] else units.digits(row["times_best"]),
        units.times(1 / row["ratio"]) if units.known(row["ratio"]) else "",
        units.times(row["times_hardware"]) if units.known(row["times_hardware"]) else "",
        row["bound"],
        units.peak(row["peak"], row["peak_is"]),
        units.percent(row["error_share"]) if units.known(row["error_share"]) else "",
        row["status"],
    )


def _escaped(text: str) -> str:
    """``text`` so that Markdown neither ends the cell nor reads it as markup."""
    return "".join("\\" + letter if letter in "\\|`*_<>[]#$~&" else letter for letter in visible(text))
