"""The four figures of a component: time against size, the ladder, the samples in time order, the roofline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from benchmarks.floor import COMPUTE
from benchmarks.record import Record, Roof
from reports import units
from reports.drawing import (
    DASHES,
    FAINT,
    HUES,
    INK,
    MARKS,
    Drawing,
    decades,
    dots,
    log_time,
    name_axis,
    panel,
    plain,
    short,
    spread,
    styled,
)
from reports.frame import rows as rows_of

MOST = 8  # curves in one figure
MARKED = 1800  # samples in one figure
MONO = "DejaVu Sans Mono"


def choose(cells: pd.DataFrame, baseline: str, most: int = MOST) -> list[str]:
    """The ways to draw: the simplest of the fastest in each case, the baseline, then whichever differs most from those.

    "Simplest" is the earliest in the order of ``cells``, in which they also come back.
    """
    timed = cells[cells["seconds"].notna()]
    ways = list(dict.fromkeys(timed["way"]))
    fastest = timed[timed["best"] | timed["tie"]].drop_duplicates("case")["way"].value_counts()
    chosen = [way for way in dict.fromkeys([*fastest.index, baseline]) if way in ways][:most]
    logs = timed.assign(log=np.log(timed["seconds"])).pivot_table(index="case", columns="way", values="log")
    curve = {way: logs[way].to_numpy() for way in ways}
    while len(chosen) < min(most, len(ways)):
        rest = [way for way in ways if way not in chosen]
        chosen.append(max(rest, key=lambda way: min(_distance(curve[way], curve[other]) for other in chosen)))
    return [way for way in ways if way in chosen]


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """Mean distance of two curves of log time over the cases that both have; some where they share none."""
    apart = np.abs(one - other)
    return float(apart[np.isfinite(apart)].mean()) if np.isfinite(apart).any() else 0.5


def paint(ways: Sequence[str], order: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Colour and mark of each of ``ways``: by place in ``order``, so that a page's figures agree, and never twice."""
    free = list(range(len(HUES)))
    hues = list(HUES)
    result = {}
    for way in ways:
        wanted = order.index(way) % len(hues) if way in order else 0
        at = wanted if wanted in free else (free[0] if free else wanted)
        if at in free:
            free.remove(at)
        result[way] = (hues[at], MARKS[at])
    return result


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
    dispatch = next((roof for roof in roofs if roof.name == "dispatch" and _fits(roof, cells)), None)
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
    _end_labels(axes, ends, low, high)
    step = math.ceil(len(sizes) / 10)
    plain(axes.xaxis, sizes[::step], [units.count(size) for size in sizes[::step]])
    log_time(axes.yaxis, low, high)
    name_axis(axes, "size", "time per call")
    rest = [way for way in order if way not in ways and way in set(timed["way"])]
    return Drawing(figure, _told_of_curves(timed, sizes), _caption_of_curves(timed, floor, rest))


def _fits(roof: Roof, cells: pd.DataFrame) -> bool:
    first = cells.iloc[0]
    return roof.device == first["device"] and roof.threads in (first["threads"], "")


def note(axes: Axes, text: str, at: tuple[float, float], shift: tuple[float, float], **style: Any) -> None:
    """A quiet remark at a point of the data, moved by ``shift`` points."""
    style = {"fontsize": 8.5, "color": FAINT, **style}
    axes.annotate(text, at, shift, textcoords="offset points", annotation_clip=False, **style)


def _floor_line(axes: Axes, floor: pd.DataFrame, low: float) -> None:
    x, y = floor["size"].to_numpy(), floor["floor_hardware"].to_numpy()
    last = np.log(y[-1] / y[-2]) / np.log(x[-1] / x[-2])
    x, y = np.append(x, x[-1] * 1.06), np.append(y, y[-1] * 1.06**last)
    axes.fill_between(x, y, low / 10, color=INK, alpha=0.07, linewidth=0, zorder=0)
    axes.plot(x, y, color=INK, linewidth=1.4, zorder=1.5)
    if y[-2] > low * 4:
        note(axes, "faster than this machine can", (x[-1], low), (-6, 7), ha="right", style="italic")


def _end_labels(axes: Axes, ends: Sequence[tuple[str, float, float, str]], low: float, high: float) -> None:
    """Each curve's name at its end, pushed apart where ends lie close; a thin line shows what was moved."""
    gap = 0.036 * math.log(high / low)
    for x in sorted({end[1] for end in ends}):
        here = [end for end in ends if end[1] == x]
        places = spread([math.log(end[2]) for end in here], gap)
        for (way, _, y, color), place in zip(here, places, strict=True):
            moved = (place - math.log(y)) / math.log(high / low) * axes.bbox.height * 72 / axes.figure.dpi
            line = {"arrowstyle": "-", "color": color, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
            arrow = line if abs(moved) > 2 else None
            note(axes, short(way), (x, y), (10, moved), va="center", family=MONO, color=color, arrowprops=arrow)


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
        mark = {
            "marker": "D" if row["best"] else "o",
            "markerfacecolor": "none" if row["way"] == baseline else hues[at],
        }
        axes.plot([row["seconds"]], [at], color=hues[at], markersize=6, **mark)
        note(axes, units.time(row["seconds"]), (row["seconds"], at), (9, 0), va="center", color=INK)
    plain(axes.yaxis, places, names)
    for label in axes.get_yticklabels():
        label.set_family(MONO)
        label.set_fontsize(9)
    axes.tick_params(axis="y", length=0)
    log_time(axes.xaxis, low, high)
    axes.spines["left"].set_visible(False)
    best = next(row for row in rows if row["best"])
    base = next((row for row in rows if row["way"] == baseline), None)
    alt = f"Times of {len(rows)} ways: {short(best['way'])} is fastest with {units.time(best['seconds'])}"
    if base and base is not best:
        alt += f", {units.times(base['seconds'] / best['seconds'])} faster than {short(baseline)}"
    caption = "Time per call, logarithmic; the thick part is the interval. Diamond: the fastest. Ring: the baseline."
    if units.known(floor):
        caption += " The line starts at the hardware's floor."
    return Drawing(figure, alt + ".", caption)


@styled
def samples(records: Sequence[Record], ways: Sequence[str], order: Sequence[str]) -> Drawing | None:
    """Each sample of one group in time order, as a share of its way's median: a strip for each way, launches apart.

    ``None`` without samples. Where there are more than can be told apart, the fastest and the slowest of each few
    neighbours are drawn.
    """
    drawn = [record for record in records if record.status == "ok" and record.key.way in ways and _walls(record)]
    if not drawn:
        return None
    colors = paint([record.key.way for record in drawn], order)
    total = sum(len(_walls(record)) for record in drawn)
    every = math.ceil(2 * total / MARKED) if total > MARKED else 1
    centre = {record.cell: float(np.median([np.median(one.wall) for one in record.launches])) for record in drawn}
    apart = [abs(math.log(wall / centre[record.cell])) for record in drawn for wall in _walls(record)]
    reach = max(0.01, float(np.quantile(apart, 0.95)))
    spans, ends = _side_by_side(drawn)
    names = [short(record.key.way) for record in drawn]
    left = 0.2 + 0.085 * max(len(name) for name in names)
    figure, axes = panel(8.6, 0.75 + 0.36 * len(drawn), left=left, right=0.9, top=0.3, bottom=0.4)
    axes.set(xlim=(0, ends), ylim=(len(drawn) - 0.4, -0.6))
    axes.hlines(range(len(drawn)), 0, ends, color=FAINT, linewidth=0.5, alpha=0.5, zorder=0)
    medians = []
    for row, record in enumerate(drawn):
        x, y = [], []
        for launch in record.launches:
            start, offset = spans.get(launch.launch, (0.0, 0.0))
            at, wall = thin(launch.at, launch.wall, every)
            x += [one - start + offset for one in at]
            y += [row - _share(one / centre[record.cell], reach) for one in wall]
            if wall:
                height = row - _share(float(np.median(launch.wall)) / centre[record.cell], reach)
                medians.append((height, at[0] - start + offset, at[-1] - start + offset))
        dots(axes, x, y, colors[record.key.way][0])
    axes.hlines(*zip(*medians, strict=True), color=INK, linewidth=1)
    plain(axes.yaxis, range(len(drawn)), names)
    for label in axes.get_yticklabels():
        label.set_family(MONO)
        label.set_fontsize(8.5)
    axes.tick_params(axis="both", length=0)
    plain(axes.xaxis, [offset for _, offset in spans.values()], [f"launch {at + 1}" for at in range(len(spans))])
    for label in axes.get_xticklabels():
        label.set(fontsize=8.5, ha="left", color=FAINT)
    axes.spines[["left", "bottom"]].set_visible(False)
    high = f"+{units.percent(math.expm1(reach))}"
    for y, text in ((-0.42, high), (0.42, f"−{units.percent(-math.expm1(-reach))}")):
        note(axes, text, (ends, y), (4, 0), va="center", fontsize=8)
    widest = max(drawn, key=_wobble)
    return Drawing(
        figure,
        f"Samples of {len(drawn)} ways in {len(spans)} launches; the medians of {short(widest.key.way)} lie furthest "
        f"apart, {units.percent(_wobble(widest))}.",
        f"{units.count(total)} samples in the order they were taken, as a share of their way's median; each block is "
        "one fresh process, the black line its median. Points at a strip's edge lie beyond it."
        + f" Of each {every} neighbours the fastest and the slowest are drawn."
        * (every > 2),
    )


def _share(ratio: float, reach: float) -> float:
    """Where a ratio to the median lies in its strip of half-height 0.42; what lies beyond ``reach`` is at its edge."""
    return 0.42 * max(-1.0, min(1.0, math.log(ratio) / reach))


def _walls(record: Record) -> list[float]:
    return [wall for launch in record.launches for wall in launch.wall]


def _side_by_side(records: Sequence[Record]) -> tuple[dict[int, tuple[float, float]], float]:
    """``(start, offset)`` of each launch, so that the launches stand side by side, and where the last one ends."""
    launches = [launch for record in records for launch in record.launches if launch.at]
    starts = {
        number: min(one.at[0] for one in launches if one.launch == number)
        for number in sorted({one.launch for one in launches})
    }
    lasting = {
        number: max(one.at[-1] for one in launches if one.launch == number) - start for number, start in starts.items()
    }
    gap = 0.04 * sum(lasting.values()) / len(lasting) + 1e-9
    spans, offset = {}, gap
    for number, start in starts.items():
        spans[number] = (start, offset)
        offset += lasting[number] + 2 * gap
    return spans, offset


def _wobble(record: Record) -> float:
    """How far apart the launches' medians are, as a share of the smallest."""
    medians = [float(np.median(launch.wall)) for launch in record.launches if launch.wall]
    return max(medians) / min(medians) - 1


def thin(x: Sequence[float], y: Sequence[float], every: int) -> tuple[list[float], list[float]]:
    """Of each ``every`` neighbours the lowest and the highest ``y``: no outlier is lost."""
    if every <= 2:
        return list(x), list(y)
    kept: list[int] = []
    for start in range(0, len(y), every):
        some = range(start, min(start + every, len(y)))
        kept += sorted({min(some, key=y.__getitem__), max(some, key=y.__getitem__)})
    return [x[at] for at in kept], [y[at] for at in kept]


@styled
def roofline(cells: pd.DataFrame, baseline: str, roofs: Sequence[Roof]) -> Drawing | None:
    """FLOP/s against FLOP per compulsory byte under the measured roofs. ``None`` where either is not known."""
    timed = cells[cells["seconds"].notna() & (cells["flops"] > 0) & (cells["bytes"] > 0)].sort_values(
        "size", kind="stable"
    )
    if timed.empty:
        return None
    known = {roof.name: roof for roof in roofs if _fits(roof, cells)}
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
        note(axes, f"{roof.name} {units.roof(roof.value, roof.unit)}", (x[0], x[0] * roof.value), (4, 4), **slope)
    top = f"{peak.name} {units.roof(peak.value, peak.unit)}"
    note(axes, top, (peak.value / bandwidths[0].value, peak.value), (6, 5))
    ends = []
    for way in ways:
        rows = shown[shown["way"] == way]
        color, marker = colors[way]
        style = {"marker": marker, "color": color, "linestyle": DASHES.get(rows["executor"].iloc[0], "-")}
        axes.plot(rows["flops"] / rows["bytes"], rows["flop_rate"], **style)
        ends.append((way, float((rows["flops"] / rows["bytes"]).iloc[-1]), rows["flop_rate"].iloc[-1], color))
    _end_labels(axes, ends, *y)
    plain(axes.xaxis, decades(*x), [units.digits(one, 1) for one in decades(*x)])
    plain(axes.yaxis, decades(*y), [_ticked(one) for one in decades(*y)])
    name_axis(axes, "FLOP per compulsory byte", "FLOP/s")
    most = shown.sort_values("flop_rate").iloc[-1]
    return Drawing(
        figure,
        f"Roofline: {short(most['way'])} reaches {units.rate(most['flop_rate'], 'FLOP/s')} of {top}.",
        "Work and bytes are what the problem needs, not what a way spends; the roofs were measured in this run.",
    )


def _slope(axes: Axes, x: tuple[float, float], y: tuple[float, float]) -> float:
    """The angle of a bandwidth roof on the page, in degrees."""
    rise = axes.bbox.height / math.log(y[1] / y[0])
    return math.degrees(math.atan2(rise, axes.bbox.width / math.log(x[1] / x[0])))


def _ticked(rate: float) -> str:
    unit = units.fitting(rate, units.COUNTS)
    return f"{units.digits(rate / unit.scale, 1)} {unit.name}".strip()
