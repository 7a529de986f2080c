"""Scaling with threads: how many times as fast each variant is on all cores as on one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from perfsuite.reporting import units
from perfsuite.reporting.canvas.axes import bottom_axis, panel
from perfsuite.reporting.canvas.choice import Palette
from perfsuite.reporting.canvas.drawing import FAINT, INK, Drawing, Marks, Strokes, Words, short
from perfsuite.reporting.canvas.labels import name_rows, row_margin, width
from perfsuite.reporting.frame import rows as rows_of

ROW = 24.0  # points
Row = Mapping[str, Any]


def pairs(cells: pd.DataFrame) -> list[tuple[Row, Row]]:
    """Each variant on one thread and on all, at the largest case that has most such pairs."""
    timed = [row for row in rows_of(cells) if units.known(row["seconds"]) and not row["cold"]]
    one = {(row["case"], row["way"], row["device"]): row for row in timed if row["threads"] == "1"}
    found: dict[str, list[tuple[Row, Row]]] = {}
    for row in timed:
        key = (row["case"], row["way"], row["device"])
        if row["threads"] == "all" and key in one:
            found.setdefault(row["case"], []).append((one[key], row))
    return max(found.values(), key=lambda some: (len(some), some[0][0]["seconds"]), default=[])


def scaling(cells: pd.DataFrame, cores: int, colors: Palette) -> Drawing | None:
    """The speed-up of all ``cores`` over one thread. ``None`` where no variant was timed on both, or on one core."""
    found = pairs(cells)
    if not found or cores < 2:
        return None
    names = [short(one["way"]) for one, _ in found]
    speeds = [_speed(*pair) for pair in found]
    low, high = min(0.5, *(low for _, low, _ in speeds)) * 0.9, max(cores, *(high for *_, high in speeds)) * 1.05
    told = [
        f"{units.times(speed)}, {units.time(pair[1]['seconds'])}"
        for (speed, *_), pair in zip(speeds, found, strict=True)
    ]
    right = 14 + max(map(width, told))
    inside = panel(
        64 + ROW * len(found), (low, high), (len(found) - 0.5, -0.5), row_margin(names), right, log=(True, False)
    )
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 4, 8, 16, 32, 64, 128) if low <= tick <= high]
    bottom_axis(inside, ticks, [f"{tick:g}×" for tick in ticks], "speed-up of all cores over one thread, logarithmic")
    for value, text, anchor in ((1.0, "no gain", "middle"), (float(cores), f"{cores} cores", "middle")):
        place = inside.x(value)
        inside.figure.add(
            Strokes([[(place, inside.top - 6), (place, inside.bottom)]], INK if value > 1 else FAINT, 1.2, (3, 2)),
            Words(text, (place, inside.top - 10), FAINT, anchor=anchor),
        )
    for at, ((one, _), (speed, least, most), text) in enumerate(zip(found, speeds, told, strict=True)):
        y, color = inside.y(at), colors.color(one["variant"])
        inside.figure.add(
            Strokes([[(inside.x(1), y), (inside.x(speed), y)]], color, 1.1, colors.dash(one["executor"]), 0.45),
            Strokes([[(inside.x(least), y), (inside.x(most), y)]], color, 4, opacity=0.5),
            Marks(colors.symbol(one["variant"]), [(inside.x(speed), y)], color, 6),
            Words(text, (inside.x(max(speed, most, 1.0)) + 8, y + 3)),
        )
    name_rows(inside.figure, names, [inside.y(at) for at in range(len(found))], inside.left - 7)
    return Drawing(inside.figure, *_words(found, speeds, cores))


def _speed(one: Row, every: Row) -> tuple[float, float, float]:
    """The speed-up and its ends: the two were timed in different processes, so both intervals count in full."""
    return one["seconds"] / every["seconds"], one["low"] / every["high"], one["high"] / every["low"]


def _words(
    found: Sequence[tuple[Row, Row]], speeds: Sequence[tuple[float, float, float]], cores: int
) -> tuple[str, str]:
    at = max(range(len(found)), key=lambda at: speeds[at][0])
    first = found[at][0]
    alt = (
        f"On all {cores} cores {short(first['way'])} gains most: {units.times(speeds[at][0])} as fast as on one thread."
    )
    caption = (
        f"{first['case']}, {first['device']}. At each mark: the speed-up and the time on all cores. The thick part is "
        "the interval."
    )
    return alt, caption
