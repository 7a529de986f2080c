"""The figures of a component that need only its table: time against size, the ladder, the roofline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from perfsuite.model.floor import COMPUTE, applying
from perfsuite.model.record import Roof
from perfsuite.reporting import units
from perfsuite.reporting.frame import rows as rows_of
from perfsuite.reporting.plots.choice import choose, paint
from perfsuite.reporting.plots.drawing import (
    DASHES,
    FAINT,
    HUES,
    INK,
    Drawing,
    decades,
    end_labels,
    log_time,
    name_axis,
    name_rows,
    note,
    panel,
    plain,
    row_margin,
    short,
    styled,
)


@styled
def curves(cells: pd.DataFrame, baseline: str, roofs: Sequence[Roof] = ()) -> Drawing | None:
    """Seconds per call against size for one series, device and thread count, with the floor of this machine.

    ``None`` where fewer than two sizes have a time.
    """
    timed = cells[cells["seconds"].notna()].sort_values("size", kind="stable")
    sizes = sorted(set(timed["size"]))
    if len(sizes) < 2:
        return None
    order = list(dict.fromkeys(cells["way"]))
    ways = choose(cells, baseline)
    colors = paint(ways, order)
    figure, axes = panel(8.6, 5.0, left=0.75, right=1.9, top=0.3)
    floor = cells[cells["floor_hardware"].notna()].drop_duplicates("size").sort_values("size")
    shown = timed[timed["way"].isin(ways)]
    low, high = shown["seconds"].min() / 3, shown["seconds"].max() * 3
    if len(floor):
        low = max(min(low, floor["floor_hardware"].max() / 4), low / 30)
    axes.set(xscale="log", yscale="log", xlim=(sizes[0] / 1.15, sizes[-1] * 1.06), ylim=(low, high))
    if len(floor) > 1:
        _floor_line(axes, floor, low)
    dispatch = _best(roofs, cells).get("dispatch")
    if dispatch and low < dispatch.value < high:
        axes.axhline(dispatch.value, color=FAINT, linewidth=0.9, dashes=(2, 2), zorder=1)
        note(axes, f"one dispatch, {units.time(dispatch.value)}", (sizes[-1], dispatch.value), (-6, 5), ha="right")
    ends = []
    for way in ways:
        rows = shown[shown["way"] == way]
        color, marker = colors[way]
        executor = rows["executor"].iloc[0]
        axes.vlines(rows["size"], rows["low"], rows["high"], color=color, linewidth=1.2)
        axes.plot(rows["size"], rows["seconds"], marker=marker, color=color, linestyle=DASHES.get(executor, "-"))
        ends.append((way, rows["size"].iloc[-1], rows["seconds"].iloc[-1], color))
    end_labels(axes, ends, low, high)
    step = math.ceil(len(sizes) / 10)
    plain(axes.xaxis, sizes[::step], [units.count(size) for size in sizes[::step]])
    log_time(axes.yaxis, low, high)
    name_axis(axes, "size", "time per call")
    rest = [way for way in order if way not in ways and way in set(timed["way"])]
    return Drawing(figure, _told_of_curves(timed, sizes), _caption_of_curves(timed, floor, rest))


def _best(roofs: Sequence[Roof], cells: pd.DataFrame) -> dict[str, Roof]:
    """The roofs that apply to ``cells``, by name."""
    first = cells.iloc[0]
    return applying(first["device"], first["threads"], roofs)


def _floor_line(axes: Axes, floor: pd.DataFrame, low: float) -> None:
    x, y = floor["size"].to_numpy(), floor["floor_hardware"].to_numpy()
    last = np.log(y[-1] / y[-2]) / np.log(x[-1] / x[-2])
    x, y = np.append(x, x[-1] * 1.06), np.append(y, y[-1] * 1.06**last)
    axes.fill_between(x, y, low / 10, color=INK, alpha=0.07, linewidth=0, zorder=0)
    axes.plot(x, y, color=INK, linewidth=1.4, zorder=1.5)
    if y[-2] > low * 4:
        note(axes, "faster than this machine can", (x[-1], low), (-6, 7), ha="right", style="italic")


def _told_of_curves(timed: pd.DataFrame, sizes: Sequence[float]) -> str:
    ends = [timed[timed["best"] & (timed["size"] == size)] for size in (sizes[0], sizes[-1])]
    told = [
        f"at size {units.count(row['size'].iloc[0])} {short(row['way'].iloc[0])} is fastest "
        f"with {units.time(row['seconds'].iloc[0])}"
        for row in ends
        if len(row)
    ]
    return "Time per call against size: " + ", ".join(told) + "."


def _caption_of_curves(timed: pd.DataFrame, floor: pd.DataFrame, rest: Sequence[str]) -> str:
    first = timed.iloc[0]
    parts = [f"{first['series']}, {first['device']}, {first['threads']} thread{'s' * (first['threads'] != '1')}."]
    if len(floor) > 1:
        parts.append(
            "Black line: the hardware limit as measured in this run; no time can lie in the grey area below it."
        )
    if rest:
        parts.append(f"Not drawn: {', '.join(map(short, rest))}.")
    return " ".join(parts)


@styled
def ladder(group: pd.DataFrame, baseline: str) -> Drawing | None:
    """The variants of one group, from the floor to their times, on a logarithmic axis. ``None`` without a time."""
    timed = group[group["seconds"].notna()]
    if timed.empty:
        return None
    rows = rows_of(timed)
    names = [short(row["way"]) for row in rows]
    floor = rows[0]["floor_hardware"] if units.known(rows[0]["floor_hardware"]) else None
    low, high = _time_limits(timed, floor)
    figure, axes = panel(8.6, 0.75 + 0.3 * len(rows), left=row_margin(names), right=1.0, bottom=0.45, top=0.2)
    axes.set(xscale="log", xlim=(low, high), ylim=(len(rows) - 0.4, -0.6))
    if floor is not None:
        _mark_floor(axes, floor, low)
    _rungs(axes, timed, rows, baseline, start=low if floor is None else floor)
    name_rows(axes, names, size=9)
    axes.tick_params(axis="y", length=0)
    log_time(axes.xaxis, low, high)
    axes.spines["left"].set_visible(False)
    return Drawing(figure, *_words_of_ladder(rows, baseline, floor))


def _time_limits(timed: pd.DataFrame, floor: float | None) -> tuple[float, float]:
    """The ends of the ladder's time axis: every interval and the floor, with a margin."""
    low, high = timed["low"].min() / 1.6, timed["high"].max() * 1.3
    return (low if floor is None else min(low, floor / 1.6)), high


def _mark_floor(axes: Axes, floor: float, low: float) -> None:
    axes.axvspan(low, floor, color=INK, alpha=0.07, linewidth=0)
    axes.axvline(floor, color=INK, linewidth=1.4)
    note(axes, f"floor {units.time(floor)}", (floor, -0.6), (4, 2))


def _rungs(axes: Axes, timed: pd.DataFrame, rows: Sequence[Mapping[str, Any]], baseline: str, start: float) -> None:
    """A line from ``start`` to each time, its interval as a thick bar, a mark, and the time in words."""
    blue, orange = list(HUES)[:2]
    hues = [orange if row["best"] else blue for row in rows]
    axes.hlines(range(len(rows)), start, timed["seconds"], color=hues, linewidth=1.1, alpha=0.45)
    axes.hlines(range(len(rows)), timed["low"], timed["high"], color=hues, linewidth=4, alpha=0.5)
    for at, (row, hue) in enumerate(zip(rows, hues, strict=True)):
        face, marker = "none" if row["way"] == baseline else hue, "D" if row["best"] else "o"
        axes.plot([row["seconds"]], [at], color=hue, markersize=6, marker=marker, markerfacecolor=face)
        end = max(row["seconds"], row["high"])  # beside the bar: on it, its middle would look like a colon
        note(axes, units.time(row["seconds"]), (end, at), (9, 0), va="center", color=INK)


def _words_of_ladder(rows: Sequence[Mapping[str, Any]], baseline: str, floor: float | None) -> tuple[str, str]:
    """The ladder's result in words, and its caption."""
    best = next(row for row in rows if row["best"])
    base = next((row for row in rows if row["way"] == baseline), None)
    alt = f"Times of {len(rows)} variants: {short(best['way'])} is fastest with {units.time(best['seconds'])}"
    if base and base is not best:
        alt += f", {units.times(base['seconds'] / best['seconds'])} faster than {short(baseline)}"
    caption = "Time per call, logarithmic; the thick part is the interval. Diamond: the fastest."
    caption += " Ring: the baseline." if base else ""
    caption += " The line starts at the hardware's floor." if floor is not None else ""
    return alt + ".", caption


@styled
def roofline(cells: pd.DataFrame, baseline: str, roofs: Sequence[Roof]) -> Drawing | None:
    """FLOP/s against FLOP per compulsory byte under the measured roofs. ``None`` where either is not known."""
    worked = cells["seconds"].notna() & (cells["flops"] > 0) & (cells["bytes"] > 0)
    timed = cells[worked].sort_values("size", kind="stable")
    if timed.empty:
        return None
    peak, bandwidths = _limits(cells, timed.iloc[0]["dtype"], roofs)
    if peak is None or not bandwidths:
        return None
    ways = choose(cells, baseline)
    shown = timed[timed["way"].isin(ways)]
    intensity = timed["flops"] / timed["bytes"]
    x = (min(intensity.min(), 0.5) / 2, max(intensity.max(), 4 * peak.value / bandwidths[-1].value) * 2)
    y = (max(shown["flop_rate"].min() / 3, peak.value / 1e7), peak.value * 3)
    figure, axes = panel(8.6, 4.6, left=0.75, right=1.9, top=0.3)
    axes.set(xscale="log", yscale="log", xlim=x, ylim=y)
    _bandwidth_roofs(axes, bandwidths, peak, x, y)
    top = f"{peak.name} {units.roof(peak.value, peak.unit)}"
    note(axes, top, (peak.value / bandwidths[0].value, peak.value), (6, 5))
    end_labels(axes, _rates(axes, shown, paint(ways, list(dict.fromkeys(cells["way"])))), *y)
    plain(axes.xaxis, decades(*x), [units.digits(one, 1) for one in decades(*x)])
    plain(axes.yaxis, decades(*y), [_ticked(one) for one in decades(*y)])
    name_axis(axes, "FLOP per compulsory byte", "FLOP/s")
    most = shown.sort_values("flop_rate").iloc[-1]
    return Drawing(
        figure,
        f"Roofline: {short(most['way'])} reaches {units.rate(most['flop_rate'], 'FLOP/s')} of {top}.",
        "Work and bytes are what the problem needs, not what a variant spends; the roofs were measured in this run.",
    )


def _limits(cells: pd.DataFrame, dtype: str, roofs: Sequence[Roof]) -> tuple[Roof | None, list[Roof]]:
    """The highest arithmetic peak for ``dtype``, and the bandwidths from the nearest memory to the farthest."""
    known = _best(roofs, cells)
    peaks = [known[name] for name in COMPUTE.get(dtype, ()) if name in known]
    bandwidths = [known[name] for name in ("L2", "L3", "DRAM", "HBM") if name in known]
    return max(peaks, key=lambda roof: roof.value, default=None), bandwidths


def _bandwidth_roofs(
    axes: Axes, bandwidths: Sequence[Roof], peak: Roof, x: tuple[float, float], y: tuple[float, float]
) -> None:
    """A line for each bandwidth, up to the peak and along it; the farthest memory's is thicker."""
    for at, roof in enumerate(bandwidths):
        ridge, heavy = peak.value / roof.value, at == len(bandwidths) - 1
        corners = [x[0] * roof.value, peak.value, peak.value]
        axes.plot([x[0], ridge, x[1]], corners, color=INK, linewidth=1.4 if heavy else 0.8, zorder=1)
        slope = {"rotation": _slope(axes, x, y), "rotation_mode": "anchor", "fontsize": 8}
        start = x[0] * 3.0**at  # side by side: the lines may lie close
        note(axes, f"{roof.name} {units.roof(roof.value, roof.unit)}", (start, start * roof.value), (4, 4), **slope)


def _rates(
    axes: Axes, shown: pd.DataFrame, colors: Mapping[str, tuple[str, str]]
) -> list[tuple[str, float, float, str]]:
    """Draw the rate that each variant reaches, and return where its curve ends: name, x, y and color."""
    ends = []
    for way, (color, marker) in colors.items():
        rows = shown[shown["way"] == way]
        intensity, dashes = rows["flops"] / rows["bytes"], DASHES.get(rows["executor"].iloc[0], "-")
        axes.plot(intensity, rows["flop_rate"], marker=marker, color=color, linestyle=dashes)
        ends.append((way, float(intensity.iloc[-1]), rows["flop_rate"].iloc[-1], color))
    return ends


def _slope(axes: Axes, x: tuple[float, float], y: tuple[float, float]) -> float:
    """The angle of a bandwidth roof on the page, in degrees."""
    rise = axes.bbox.height / math.log(y[1] / y[0])
    return math.degrees(math.atan2(rise, axes.bbox.width / math.log(x[1] / x[0])))


def _ticked(rate: float) -> str:
    unit = units.fitting(rate, units.COUNTS)
    return f"{units.digits(rate / unit.scale, 1)} {unit.name}".strip()
