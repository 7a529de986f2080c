"""The variants of one group in teaching order: each from the hardware's floor to its time, with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from perfsuite.reporting import units
from perfsuite.reporting.canvas.axes import Panel, bottom_axis, panel, steps, times
from perfsuite.reporting.canvas.choice import Palette, palette
from perfsuite.reporting.canvas.drawing import FAINT, INK, Area, Drawing, Marks, Strokes, Words, box, short
from perfsuite.reporting.canvas.labels import name_rows, row_margin, width
from perfsuite.reporting.frame import rows as rows_of

ROW = 21.0  # points
Row = Mapping[str, Any]


def ladder(group: pd.DataFrame, baseline: str, colors: Palette | None = None) -> Drawing | None:
    """The variants of one group, from the floor to their times, on a logarithmic axis. ``None`` without a time."""
    rows = [row for row in rows_of(group) if units.known(row["seconds"])]
    if not rows:
        return None
    colors = colors or palette(rows, baseline)
    names = [short(row["way"]) for row in rows]
    floor = rows[0]["floor_hardware"] if units.known(rows[0]["floor_hardware"]) else None
    low, high = min(row["low"] for row in rows) / 1.6, max(row["high"] for row in rows) * 1.15
    low = low if floor is None else min(low, floor / 1.6)
    right = 12 + max(width(_beside(row)) for row in rows)
    inside = panel(
        62 + ROW * len(rows), (low, high), (len(rows) - 0.5, -0.5), row_margin(names), right, log=(True, False), top=22
    )
    bottom_axis(inside, steps(low, high), times(steps(low, high)), "time per call, logarithmic")
    if floor is not None:
        _floor(inside, floor)
    start = inside.x(low if floor is None else floor)
    for at, row in enumerate(rows):
        _rung(inside, at, row, start, colors, hollow=row["way"] == baseline)
    name_rows(inside.figure, names, [inside.y(at) for at in range(len(rows))], inside.left - 7)
    return Drawing(inside.figure, *_words(rows, baseline, floor))


def _floor(inside: Panel, floor: float) -> None:
    place, label = inside.x(floor), f"hardware limit {units.time(floor)}"
    start = min(place + 4, inside.right - width(label))
    inside.figure.add(
        Area(box(inside.left, inside.top - 14, place, inside.bottom), INK, 0.07),
        Strokes([[(place, inside.top - 14), (place, inside.bottom)]], INK, 1.4),
        Words(label, (start, inside.top - 7), FAINT),
    )


def _rung(inside: Panel, at: int, row: Row, start: float, colors: Palette, hollow: bool) -> None:
    """A line from ``start`` to the time, the interval as a thick bar, a mark, and the time in words."""
    y, color = inside.y(at), colors.color(row["variant"])
    time, low, high = (inside.x(row[name]) for name in ("seconds", "low", "high"))
    end = max(time, high) + 8  # beside the bar: on it, its middle would look like a colon
    symbol, size = ("*", 9.0) if row["best"] else (colors.symbol(row["variant"]), 6.0)
    inside.figure.add(
        Strokes([[(start, y), (time, y)]], color, 1.1, colors.dash(row["executor"]), opacity=0.45),
        Strokes([[(low, y), (high, y)]], color, 4, opacity=0.5),
        Marks(symbol, [(time, y)], color, size, hollow=hollow),
        Words(_beside(row), (end, y + 3)),
    )


def _beside(row: Row) -> str:
    return f"{units.time(row['seconds'])}{', fastest' * row['best']}"


def _words(rows: Sequence[Row], baseline: str, floor: float | None) -> tuple[str, str]:
    """The ladder's result in words, and its caption."""
    best = next(row for row in rows if row["best"])
    base = next((row for row in rows if row["way"] == baseline), None)
    alt = f"Times of {len(rows)} variants: {short(best['way'])} is fastest with {units.time(best['seconds'])}"
    if base and base is not best:
        alt += f", {units.times(base['seconds'] / best['seconds'])} faster than {short(baseline)}"
    caption = "The thick part of a line is the interval. Star: the fastest."
    caption += " Hollow: the baseline." if base else ""
    caption += " The line starts at the hardware's floor." if floor is not None else ""
    return alt + ".", caption
