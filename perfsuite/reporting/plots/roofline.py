"""The classical roofline: arithmetic per second against arithmetic per byte, under the measured roofs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from perfsuite.model.floor import COMPUTE, applying
from perfsuite.model.record import Roof
from perfsuite.reporting import units
from perfsuite.reporting.canvas.axes import Panel, bottom_axis, decades, left_axis, name_curves, panel
from perfsuite.reporting.canvas.choice import Palette, palette
from perfsuite.reporting.canvas.drawing import FAINT, INK, Drawing, Marks, Strokes, Words, short
from perfsuite.reporting.canvas.labels import End, about, column, width
from perfsuite.reporting.frame import rows as rows_of

Row = Mapping[str, Any]


def roofline(
    cells: pd.DataFrame, baseline: str, roofs: Sequence[Roof], colors: Palette | None = None
) -> Drawing | None:
    """FLOP/s against FLOP per compulsory byte under the measured roofs. ``None`` where either is not known."""
    every = sorted(rows_of(cells), key=lambda row: float(row["size"]))
    timed = [row for row in every if units.known(row["seconds"]) and row["flops"] > 0 and row["bytes"] > 0]
    if not timed:
        return None
    peak, bandwidths = _roofs(timed[0], roofs)
    if peak is None or not bandwidths:
        return None
    colors = colors or palette(rows_of(cells), baseline)
    shown = [row for row in timed if row["variant"] in colors.chosen]
    if not shown:
        return None
    order = [way for way in dict.fromkeys(cells["way"]) if any(row["way"] == way for row in shown)]
    top = f"{peak.name} {units.roof(peak.value, peak.unit)}"
    intensity = [row["flops"] / row["bytes"] for row in timed]
    x = (min(*intensity, 0.5) / 2, max(*intensity, 4 * peak.value / bandwidths[-1].value) * 2)
    y = (max(min(row["flop_rate"] for row in shown) / 2, peak.value / 1e7), peak.value * 2)
    right = max(column(order), column([top], mono=False))
    inside = panel(340, x, y, left=48, right=right, top=30)
    left_axis(inside, decades(*y), [_ticked(one) for one in decades(*y)], "FLOP/s")
    bottom_axis(inside, decades(*x), [units.digits(one, 1) for one in decades(*x)], "FLOP per compulsory byte")
    _draw_roofs(inside, bandwidths, peak)
    ends = [_rates(inside, [row for row in shown if row["way"] == way], colors) for way in order]
    ends.append(End(top, (inside.right, inside.y(peak.value)), INK, mono=False))
    name_curves(inside, ends)
    most = max(shown, key=lambda row: float(row["flop_rate"]))
    return Drawing(
        inside.figure,
        f"Roofline: {short(most['way'])} reaches {units.rate(most['flop_rate'], 'FLOP/s')} of {top}.",
        about(timed[0]["series"], timed[0]["device"], timed[0]["threads"])
        + " Work and bytes are what the problem needs, not what a variant spends; the roofs were measured in this run.",
    )


def _roofs(row: Row, roofs: Sequence[Roof]) -> tuple[Roof | None, list[Roof]]:
    """The highest arithmetic peak for the dtype, and the bandwidths from the nearest memory to the farthest."""
    known = applying(row["device"], row["threads"], roofs)
    peaks = [known[name] for name in COMPUTE.get(row["dtype"], ()) if name in known]
    bandwidths = [known[name] for name in ("L2", "L3", "DRAM", "HBM") if name in known]
    return max(peaks, key=lambda roof: roof.value, default=None), bandwidths


def _draw_roofs(inside: Panel, bandwidths: Sequence[Roof], peak: Roof) -> None:
    """A line for each bandwidth, up to the peak and along it; the farthest memory's is thicker.

    Each is named along its line, a third of the way further than the one before: the lines may lie close.
    """
    top = inside.y(peak.value)
    inside.figure.add(Strokes([[(inside.x(peak.value / bandwidths[0].value), top), (inside.right, top)]], INK, 1.4))
    free = -math.inf
    for at, roof in enumerate(bandwidths):
        near = max(inside.x.low, inside.y.low / roof.value)
        ridge = min(peak.value / roof.value, inside.x.high)
        heavy = at == len(bandwidths) - 1
        line = [inside.at(near, near * roof.value), inside.at(ridge, ridge * roof.value)]
        inside.figure.add(Strokes([line], INK, 1.4 if heavy else 0.8))
        (x0, y0), (x1, y1) = line
        angle, label = math.atan2(y0 - y1, x1 - x0), f"{roof.name} {units.roof(roof.value, roof.unit)}"
        room, long = math.hypot(x1 - x0, y0 - y1), width(label)
        begin = max(9.0, (free - x0) / math.cos(angle))
        if begin + long > room:
            continue
        shift = begin * math.cos(angle) - 4 * math.sin(angle), -begin * math.sin(angle) - 4 * math.cos(angle)
        start = (x0 + shift[0], y0 + shift[1])
        inside.figure.add(Words(label, start, FAINT, 8, angle=math.degrees(angle)))
        free = x0 + (begin + long + 8) * math.cos(angle)


def _rates(inside: Panel, line: Sequence[Row], colors: Palette) -> End:
    """The rate that a variant reaches at each size, and its name."""
    color = colors.color(line[0]["variant"])
    points = [inside.at(row["flops"] / row["bytes"], max(row["flop_rate"], inside.y.low)) for row in line]
    dash = colors.dash(line[0]["executor"])
    inside.figure.add(Strokes([points], color, 1.6, dash), Marks(colors.symbol(line[0]["variant"]), points, color))
    return End(line[0]["way"], points[-1], color)


def _ticked(rate: float) -> str:
    unit = units.fitting(rate, units.COUNTS)
    return f"{units.digits(rate / unit.scale, 1)} {unit.name}".strip()
