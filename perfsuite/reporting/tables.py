"""The table of a run as files: CSV with every column, Markdown with those that people read."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from perfsuite.model.printable import cut, legible, visible
from perfsuite.reporting import units
from perfsuite.reporting.frame import TEXTS
from perfsuite.reporting.frame import rows as rows_of

FORMULA = "=+-@\t\r\n＝＋－＠"  # a text that begins with one is a formula to a spreadsheet (OWASP: CSV injection)
LONGEST = 32_000  # characters of one text: spreadsheets take 32,767
SHORT = 1000  # characters of one text in Markdown

MARKDOWN = ("Cell", "Time", "±", "× best", "Speed-up", "× hw", "Bound", "Peak", "Error", "Status")


def csv(frame: pd.DataFrame, also: Sequence[str] = (), header: bool = True) -> str:
    """Every column of ``frame``; an empty field means unknown. Names and units are in the header.

    ``also`` names columns of text besides those of the table of a run. A text that a spreadsheet would take for a
    formula gets a leading apostrophe, which makes it plain text there.
    """
    out = io.StringIO()
    texts = {name: [field(text) for text in frame[name]] for name in (*also, *TEXTS)}
    frame.assign(**texts).to_csv(out, index=False, header=header, lineterminator="\n")
    return out.getvalue()


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would evaluate ``text`` as a formula."""
    return text.startswith(tuple(FORMULA))


def field(text: str) -> str:
    """``text`` for a CSV file: legible, not too long for a spreadsheet, and no formula."""
    safe = cut(legible(text), LONGEST)
    return f"'{safe}" if is_formula(safe) else safe


def markdown(frame: pd.DataFrame) -> str:
    """One row for each cell, ready for a README or an issue."""
    rows = [MARKDOWN, ("---", *["---:"] * 5, "---", "---:", "---:", "---")]
    rows += [tuple(map(_escaped, _row(row))) for row in rows_of(frame)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


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
    """``text`` escaped: neither markup nor the end of a cell in Markdown, and no formula in a spreadsheet."""
    safe = cut(visible(text), SHORT)
    guard = "\\" if is_formula(safe) else ""
    return guard + "".join("\\" + letter if letter in "\\|`*_<>[]#$~&" else letter for letter in safe)
