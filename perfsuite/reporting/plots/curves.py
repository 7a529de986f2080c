"""Time against size with the floor of this machine: the main figure of a component."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from perfsuite.model.floor import applying
from perfsuite.model.record import Roof
from perfsuite.reporting import units
from perfsuite.reporting.canvas.axes import Panel, bottom_axis, left_axis, name_curves, panel, steps, times
from perfsuite.reporting.canvas.choice import Palette, palette
from perfsuite.reporting.canvas.drawing import FAINT, INK, Area, Drawing, Marks, Point, Strokes, Words, short
from perfsuite.reporting.canvas.labels import End, about, column, grey, width
from perfsuite.reporting.frame import rows as rows_of

FLOOR = "hardware limit"
Row = Mapping[str, Any]


def curves(
    cells: pd.DataFrame, baseline: str, roofs: Sequence[Roof] = (), colors: Palette | None = None
) -> Drawing | None:
    """Seconds per call against size for one series, device and thread count, with the floor of this machine.

    ``None`` where fewer than two sizes have a time.
    """
    every = sorted(rows_of(cells), key=lambda row: float(row["size"]))
    timed = [row for row in every if units.known(row["seconds"])]
    sizes = sorted({row["size"] for row in timed})
    if len(sizes) < 2:
        return None
    colors = colors or palette(rows_of(cells), baseline)
    order = list(dict.fromkeys(cells["way"]))
    lines = {way: [row for row in timed if row["way"] == way] for way in order}
    lines = {way: line for way, line in lines.items() if line}
    chosen = {way: line for way, line in lines.items() if line[0]["variant"] in colors.chosen}
    rest = {way: line for way, line in lines.items() if way not in chosen}
    floor = {row["size"]: row["floor_hardware"] for row in every if units.known(row["floor_hardware"])}
    low, high = _limits([row for line in chosen.values() for row in line] or timed, floor)
    dispatch = applying(every[0]["device"], every[0]["threads"], roofs).get("dispatch")
    shown = dispatch.value if dispatch and low < dispatch.value < high else None
    call = f"one dispatch {units.time(shown)}"
    right = max(column([*chosen]), column([FLOOR, call], mono=False))
    inside = panel(360, (sizes[0] / 1.1, sizes[-1] * 1.06), (low, high), left=48, right=right, top=30)
    left_axis(inside, steps(low, high), times(steps(low, high)), "time per call")
    bottom_axis(inside, sizes, [units.count(size) for size in sizes], "size")
    ends = _floor(inside, floor)
    if shown:
        height = inside.y(shown)
        inside.figure.add(Strokes([[(inside.left, height), (inside.right, height)]], FAINT, 0.9, (2, 2)))
        ends.append(End(call, (inside.right, height), FAINT, mono=False))
    for line in rest.values():
        inside.figure.add(Strokes(_line(inside, line), FAINT, 0.7, opacity=0.5))
    for line in chosen.values():
        ends.append(_curve(inside, line, colors))
    name_curves(inside, ends)
    return Drawing(inside.figure, _told(timed, sizes), _caption(every[0], len(floor) > 1, [*rest]))


def _limits(timed: Sequence[Row], floor: Mapping[float, float]) -> tuple[float, float]:
    """The ends of the time axis: every time, and the floor unless it is far below."""
    low, high = min(row["low"] for row in timed) / 2, max(row["high"] for row in timed) * 1.6
    if floor:
        low = max(min(low, max(floor.values()) / 4), low / 30)
    return low, high


def _floor(inside: Panel, floor: Mapping[float, float]) -> list[End]:
    """The hardware limit, up to the edge of the figure, with the area in which no time can lie."""
    if len(floor) < 2:
        return []
    points = sorted(floor.items())
    (x0, y0), (x1, y1) = (inside.at(*point) for point in points[-2:])
    edge = (inside.right, y1 + (y1 - y0) / (x1 - x0) * (inside.right - x1))
    line = _above([*(inside.at(*point) for point in points), edge], inside.bottom)
    if len(line) < 2:
        return []
    corners = [(line[0][0], inside.bottom), *line, (inside.right, inside.bottom)]
    inside.figure.add(Area(corners, INK, 0.07))
    inside.figure.add(Strokes([line], INK, 1.4))
    words = "faster than this machine can"
    start = inside.right - 6 - width(words)
    highest = max(y for y in [_height(line, start), *(y for x, y in line if x >= start)])
    if inside.bottom - highest > 18:
        inside.figure.add(Words(words, (inside.right - 6, inside.bottom - 7), FAINT, anchor="end"))
    return [End(FLOOR, line[-1], INK, mono=False)]


def _above(line: Sequence[Point], bottom: float) -> list[Point]:
    """The part of a rising ``line`` that lies above ``bottom``, from where it comes out of it."""
    kept = [(x, y) for x, y in line if y < bottom]
    below = [(x, y) for x, y in line if y >= bottom]
    if not kept or not below:
        return kept
    (x0, y0), (x1, y1) = below[-1], kept[0]
    return [(x0 + (x1 - x0) * (y0 - bottom) / (y0 - y1), bottom), *kept]


def _height(line: Sequence[Point], x: float) -> float:
    """The height of a line at ``x``."""
    for (x0, y0), (x1, y1) in itertools.pairwise(line):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return line[0][1]


def _curve(inside: Panel, line: Sequence[Row], colors: Palette) -> End:
    """One variant: its times, their intervals and its name."""
    first = line[0]
    color = colors.color(first["variant"])
    points = [inside.at(row["size"], row["seconds"]) for row in line]
    bars = [[inside.at(row["size"], row["low"]), inside.at(row["size"], row["high"])] for row in line]
    inside.figure.add(
        Strokes(bars, color, 1.2),
        Strokes([points], color, 1.6, colors.dash(first["executor"])),
        Marks(colors.symbol(first["variant"]), points, color),
    )
    return End(first["way"], points[-1], color)


def _line(inside: Panel, line: Sequence[Row]) -> list[list[tuple[float, float]]]:
    """A line without marks, as far as it lies inside: a variant that is not named may lie outside."""
    points = [inside.at(row["size"], row["seconds"]) for row in line if inside.y.holds(row["seconds"])]
    return [points] if points else []


def _told(timed: Sequence[Row], sizes: Sequence[float]) -> str:
    best = {row["size"]: row for row in timed if row["best"]}
    told = [
        f"at size {units.count(size)} {short(best[size]['way'])} is fastest with {units.time(best[size]['seconds'])}"
        for size in (sizes[0], sizes[-1])
        if size in best
    ]
    return "Time per call against size: " + ", ".join(told) + "."


def _caption(first: Row, floor: bool, rest: Sequence[str]) -> str:
    parts = [about(first["series"], first["device"], first["threads"])]
    if floor:
        parts.append("The hardware limit is as measured in this run; no time can lie in the grey area below it.")
    return " ".join(parts) + grey(rest)
