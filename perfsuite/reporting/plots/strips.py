"""The samples of one case in time order, a strip for each way: what a median leaves out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from perfsuite.model.record import Record
from perfsuite.reporting import units
from perfsuite.reporting.plots.choice import paint
from perfsuite.reporting.plots.drawing import FAINT, INK, MONO, Drawing, dots, note, panel, plain, short, styled

MARKED = 1800  # samples in one figure


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
        label.set_fontfamily(MONO)
        label.set_fontsize(8.5)
    axes.tick_params(axis="both", length=0)
    plain(axes.xaxis, [offset for _, offset in spans.values()], [f"launch {at + 1}" for at in range(len(spans))])
    for label in axes.get_xticklabels():
        label.set(fontsize=8.5, ha="left", color=FAINT)
    axes.spines[["left", "bottom"]].set_visible(False)
    high = f"+{units.percent(math.expm1(reach))}"
    for edge, text in ((-0.42, high), (0.42, f"−{units.percent(-math.expm1(-reach))}")):
        note(axes, text, (ends, edge), (4, 0), va="center", fontsize=8)
    widest = max(drawn, key=_wobble)
    return Drawing(
        figure,
        f"Samples of {len(drawn)} variants in {len(spans)} launches; the medians of {short(widest.key.way)} lie "
        f"furthest apart, {units.percent(_wobble(widest))}.",
        f"{units.count(total)} samples in the order they were taken, as a share of their variant's median; each block "
        "is one fresh process, the black line its median. Points at a strip's edge lie beyond it."
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
