"""The samples of one case in time order, a strip for each variant: what a median does not show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from perfsuite.model.record import Record
from perfsuite.reporting import units
from perfsuite.reporting.plots.choice import paint
from perfsuite.reporting.plots.drawing import (
    FAINT,
    INK,
    Drawing,
    dots,
    name_rows,
    note,
    panel,
    plain,
    row_margin,
    short,
    styled,
)

MARKED = 1800  # samples in one figure
HALF = 0.42  # half the height of a strip; its row has a height of 1


@styled
def samples(records: Sequence[Record], ways: Sequence[str], order: Sequence[str]) -> Drawing | None:
    """Each sample of one group in time order, as a ratio to its variant's median: a strip per variant, launches apart.

    ``None`` without samples. Above :data:`MARKED` samples, only the fastest and the slowest of every few neighbours are
    drawn.
    """
    drawn = [record for record in records if record.status == "ok" and record.key.way in ways and _walls(record)]
    if not drawn:
        return None
    colors = paint([record.key.way for record in drawn], order)
    total = sum(len(_walls(record)) for record in drawn)
    every = math.ceil(2 * total / MARKED) if total > MARKED else 1
    reach = _reach(drawn)
    spans, ends = _side_by_side(drawn)
    names = [short(record.key.way) for record in drawn]
    figure, axes = panel(8.6, 0.75 + 0.36 * len(drawn), left=row_margin(names), right=0.9, top=0.3, bottom=0.4)
    axes.set(xlim=(0, ends), ylim=(len(drawn) - 0.4, -0.6))
    axes.hlines(range(len(drawn)), 0, ends, color=FAINT, linewidth=0.5, alpha=0.5, zorder=0)
    medians = []
    for row, record in enumerate(drawn):
        medians += _strip(axes, row, record, spans, every, reach, colors[record.key.way][0])
    axes.hlines(*zip(*medians, strict=True), color=INK, linewidth=1)
    name_rows(axes, names, size=8.5)
    axes.tick_params(axis="both", length=0)
    _name_launches(axes, [offset for _, offset in spans.values()])
    axes.spines[["left", "bottom"]].set_visible(False)
    _name_edges(axes, ends, reach)
    return Drawing(figure, *_words(drawn, len(spans), total, every))


def _centre(record: Record) -> float:
    """The median over launches of the launch's median."""
    return float(np.median([np.median(one.wall) for one in record.launches]))


def _reach(records: Sequence[Record]) -> float:
    """The logarithm of the ratio that a strip's edges stand for: 95 % of all samples lie within it."""
    apart = []
    for record in records:
        centre = _centre(record)
        apart += [abs(math.log(wall / centre)) for wall in _walls(record)]
    return max(0.01, float(np.quantile(apart, 0.95)))


def _strip(
    axes: Axes,
    row: int,
    record: Record,
    spans: Mapping[int, tuple[float, float]],
    every: int,
    reach: float,
    color: str,
) -> list[tuple[float, float, float]]:
    """Draw one variant's samples in row ``row``, and return ``(y, left, right)`` of each launch's median."""
    centre = _centre(record)
    medians, x, y = [], [], []
    for launch in record.launches:
        start, offset = spans.get(launch.launch, (0.0, 0.0))
        at, wall = thin(launch.at, launch.wall, every)
        x += [one - start + offset for one in at]
        y += [row - _share(one / centre, reach) for one in wall]
        if wall:
            height = row - _share(float(np.median(launch.wall)) / centre, reach)
            medians.append((height, at[0] - start + offset, at[-1] - start + offset))
    dots(axes, x, y, color)
    return medians


def _name_launches(axes: Axes, offsets: Sequence[float]) -> None:
    plain(axes.xaxis, offsets, [f"launch {at + 1}" for at in range(len(offsets))])
    for label in axes.get_xticklabels():
        label.set(fontsize=8.5, ha="left", color=FAINT)


def _name_edges(axes: Axes, ends: float, reach: float) -> None:
    """Say beside the first strip how far its two edges are from the median."""
    high, low = f"+{units.percent(math.expm1(reach))}", f"−{units.percent(-math.expm1(-reach))}"
    for edge, text in ((-HALF, high), (HALF, low)):
        note(axes, text, (ends, edge), (4, 0), va="center", fontsize=8)


def _words(drawn: Sequence[Record], launches: int, total: int, every: int) -> tuple[str, str]:
    """The result in words, and the caption."""
    widest = max(drawn, key=_wobble)
    alt = (
        f"Samples of {len(drawn)} variants in {launches} launches; the medians of {short(widest.key.way)} lie "
        f"furthest apart, {units.percent(_wobble(widest))}."
    )
    caption = (
        f"{units.count(total)} samples in the order they were taken, as a share of their variant's median; each block "
        "is one fresh process, the black line its median. Points at a strip's edge lie beyond it."
    )
    return alt, caption + f" Only the fastest and the slowest of every {every} neighbours are drawn." * (every > 2)


def _share(ratio: float, reach: float) -> float:
    """How far above its strip's middle a ratio to the median is drawn; one beyond ``reach`` is drawn at the edge."""
    return HALF * max(-1.0, min(1.0, math.log(ratio) / reach))


def _walls(record: Record) -> list[float]:
    return [wall for launch in record.launches for wall in launch.wall]


def _side_by_side(records: Sequence[Record]) -> tuple[dict[int, tuple[float, float]], float]:
    """``(start, offset)`` of each launch, which puts the launches side by side, and where the last one ends."""
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
    """The lowest and the highest ``y`` of every ``every`` neighbours: no outlier is lost."""
    if every <= 2:
        return list(x), list(y)
    kept: list[int] = []
    for start in range(0, len(y), every):
        some = range(start, min(start + every, len(y)))
        kept += sorted({min(some, key=y.__getitem__), max(some, key=y.__getitem__)})
    return [x[at] for at in kept], [y[at] for at in kept]
