"""The figures of a component that need only its table: time against size, the ladder, the roofline."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    MONO,
    Drawing,
    decades,
    end_labels,
    log_time,
    name_axis,
    note,
    panel,
    plain,
    short,
    styled,
)


@styled
def curves(cells: pd.DataFrame, baseline: str, roofs: Sequence[Roof] = ()) -> Drawing | None:
    """Seconds per call against size for one series, device and thread count, with the floor of this machine drawn in.

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
    """The roofs above ``cells`` by name."""
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
            "Black line: the most that the hardware measured in this run can do; nothing reaches the grey below."
        )
    if rest:
        parts.append(f"Not drawn: {', '.join(map(short, rest))}.")
    return " ".join(parts)


@styled
def ladder(group: pd.DataFrame, baseline: str) -> Drawing | None:
    """The ways of one group from the floor to their times, on a logarithmic axis. ``None`` without a time."""
    timed = group[group["seconds"].notna()]
    if timed.empty:
        return None
    rows = rows_of(timed)
    names = [short(row["way"]) for row in rows]
    left = 0.2 + 0.085 * max(len(name) for name in names)
    figure, axes = panel(8.6, 0.75 + 0.3 * len(rows), left=left, right=1.0, bottom=0.45, top=0.2)
    floor = rows[0]["floor_hardware"]
    low, high = timed["low"].min() / 1.6, timed["high"].max() * 1.3
    if units.known(floor):
        low = min(low, floor / 1.6)
    axes.set(xscale="log", xlim=(low, high), ylim=(len(rows) - 0.4, -0.6))
    start = floor if units.known(floor) else low
    if units.known(floor):
        axes.axvspan(low, floor, color=INK, alpha=0.07, linewidth=0)
        axes.axvline(floor, color=INK, linewidth=1.4)
        note(axes, f"floor {units.time(floor)}", (floor, -0.6), (4, 2))
    blue, orange = list(HUES)[:2]
    places = range(len(rows))
    hues = [orange if row["best"] else blue for row in rows]
    axes.hlines(places, start, timed["seconds"], color=hues, linewidth=1.1, alpha=0.45)
    axes.hlines(places, timed["low"], timed["high"], color=hues, linewidth=4, alpha=0.5)
    for at, row in enumerate(rows):
        mark: dict[str, Any] = {
            "marker": "D" if row["best"] else "o",
            "markerfacecolor": "none" if row["way"] == baseline else hues[at],
        }
        axes.plot([row["seconds"]], [at], color=hues[at], markersize=6, **mark)
        end = max(row["seconds"], row["high"])  # beside the bar: on it, its middle would look like a colon
        note(axes, units.time(row["seconds"]), (end, at), (9, 0), va="center", color=INK)
    plain(axes.yaxis, places, names)
    for label in axes.get_yticklabels():
        label.set_fontfamily(MONO)
        label.set_fontsize(9)
    axes.tick_params(axis="y", length=0)
    log_time(axes.xaxis, low, high)
    axes.spines["left"].set_visible(False)
    best = next(row for row in rows if row["best"])
    base = next((row for row in rows if row["way"] == baseline), None)
    alt = f"Times of {len(rows)} variants: {short(best['way'])} is fastest with {units.time(best['seconds'])}"
    if base and base is not best:
        alt += f", {units.times(base['seconds'] / best['seconds'])} faster than {short(baseline)}"
    caption = "Time per call, logarithmic; the thick part is the interval. Diamond: the fastest."
    if base:
        caption += " Ring: the baseline."
    if units.known(floor):
        caption += " The line starts at the hardware's floor."
    return Drawing(figure, alt + ".", caption)


@styled
def roofline(cells: pd.DataFrame, baseline: str, roofs: Sequence[Roof]) -> Drawing | None:
    """FLOP/s against FLOP per compulsory byte under the measured roofs. ``None`` where either is not known."""
    timed = cells[cells["seconds"].notna() & (cells["flops"] > 0) & (cells["bytes"] > 0)].sort_values(
        "size", kind="stable"
    )
    if timed.empty:
        return None
    known = _best(roofs, cells)
    peaks = [known[name] for name in COMPUTE.get(timed.iloc[0]["dtype"], ()) if name in known]
    peak = max(peaks, key=lambda roof: roof.value, default=None)
    bandwidths = [known[name] for name in ("L2", "L3", "DRAM", "HBM") if name in known]
    if peak is None or not bandwidths:
        return None
    order = list(dict.fromkeys(cells["way"]))
    ways = choose(cells, baseline)
    colors = paint(ways, order)
    intensity = timed["flops"] / timed["bytes"]
    x = (min(intensity.min(), 0.5) / 2, max(intensity.max(), 4 * peak.value / bandwidths[-1].value) * 2)
    shown = timed[timed["way"].isin(ways)]
    y = (max(shown["flop_rate"].min() / 3, peak.value / 1e7), peak.value * 3)
    figure, axes = panel(8.6, 4.6, left=0.75, right=1.9, top=0.3)
    axes.set(xscale="log", yscale="log", xlim=x, ylim=y)
    for at, roof in enumerate(bandwidths):
        ridge, heavy = peak.value / roof.value, at == len(bandwidths) - 1
        corners = [x[0] * roof.value, peak.value, peak.value]
        axes.plot([x[0], ridge, x[1]], corners, color=INK, linewidth=1.4 if heavy else 0.8, zorder=1)
        slope = {"rotation": _slope(axes, x, y), "rotation_mode": "anchor", "fontsize": 8}
        start = x[0] * 3.0**at  # side by side: the lines may lie close
        note(axes, f"{roof.name} {units.roof(roof.value, roof.unit)}", (start, start * roof.value), (4, 4), **slope)
    top = f"{peak.name} {units.roof(peak.value, peak.unit)}"
    note(axes, top, (peak.value / bandwidths[0].value, peak.value), (6, 5))
    ends = []
    for way in ways:
        rows = shown[shown["way"] == way]
        color, marker = colors[way]
        style: dict[str, Any] = {
            "marker": marker,
            "color": color,
            "linestyle": DASHES.get(rows["executor"].iloc[0], "-"),
        }
        axes.plot(rows["flops"] / rows["bytes"], rows["flop_rate"], **style)
        ends.append((way, float((rows["flops"] / rows["bytes"]).iloc[-1]), rows["flop_rate"].iloc[-1], color))
    end_labels(axes, ends, *y)
    plain(axes.xaxis, decades(*x), [units.digits(one, 1) for one in decades(*x)])
    plain(axes.yaxis, decades(*y), [_ticked(one) for one in decades(*y)])
    name_axis(axes, "FLOP per compulsory byte", "FLOP/s")
    most = shown.sort_values("flop_rate").iloc[-1]
    return Drawing(
        figure,
        f"Roofline: {short(most['way'])} reaches {units.rate(most['flop_rate'], 'FLOP/s')} of {top}.",
        "Work and bytes are what the problem needs, not what a variant spends; the roofs were measured in this run.",
    )


def _slope(axes: Axes, x: tuple[float, float], y: tuple[float, float]) -> float:
    """The angle of a bandwidth roof on the page, in degrees."""
    rise = axes.bbox.height / math.log(y[1] / y[0])
    return math.degrees(math.atan2(rise, axes.bbox.width / math.log(x[1] / x[0])))


def _ticked(rate: float) -> str:
    unit = units.fitting(rate, units.COUNTS)
    return f"{units.digits(rate / unit.scale, 1)} {unit.name}".strip()
