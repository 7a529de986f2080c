"""The parts of a call: how long each takes, how far their sum is from the whole, and a figure with a bar of them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perfsuite.measuring.timing import REST
from perfsuite.model import estimates
from perfsuite.model.record import Record
from perfsuite.reporting import units
from perfsuite.reporting.frame import PARTS
from perfsuite.reporting.plots.drawing import (
    FAINT,
    HUES,
    INK,
    PAPER,
    Drawing,
    name_rows,
    note,
    panel,
    row_margin,
    short,
    styled,
)

AGREE = 0.05  # parts and whole come from separate passes: they agree if they differ by no more than this
NARROW = 0.06  # share of the longest bar below which a part's name does not fit into it


@dataclass(frozen=True)
class Split:
    """Where the time of a call goes."""

    way: str
    whole: float  # seconds of a call, without reading the clock between parts
    parts: Mapping[str, float]  # seconds of each part, in the order of the work
    gap: float  # how much longer all parts take than the whole, as a share of it, from consecutive passes

    @property
    def together(self) -> float:
        """Seconds of all parts."""
        return sum(self.parts.values())

    def share(self, name: str) -> float:
        """The share of ``name`` in the sum of all parts."""
        return self.parts.get(name, 0.0) / self.together

    def without(self, name: str) -> float:
        """How many times as fast a call would be if ``name`` took no time: Amdahl's law."""
        return 1 / (1 - self.share(name)) if self.share(name) < 1 else float("inf")


def split(record: Record) -> Split | None:
    """The parts of a cell's calls: medians over launches; ``None`` if it has no parts or no time."""
    told = dict.fromkeys(name for launch in record.launches for name in launch.parts if name not in PARTS.values())
    whole = estimates.seconds(record) if record.status == "ok" else None
    if not told or not whole:
        return None
    order = [*(name for name in told if name != REST), *(name for name in told if name == REST)]
    found = {name: part.value for name in order if (part := estimates.part(record, name))}
    return Split(record.key.way, whole.value, found, _gap(record, order)) if sum(found.values()) > 0 else None


def _gap(record: Record, order: Sequence[str]) -> float:
    """Median over launches of the launch's median: neighbours in time are compared, so slow drifts cancel."""
    gaps = []
    for launch in record.launches:
        columns = [values for name in order if (values := launch.parts.get(name))]
        if columns:
            together = map(sum, zip(*columns, strict=True))
            ratios = [total / whole - 1 for total, whole in zip(together, launch.wall, strict=True)]
            gaps.append(statistics.median(ratios))
    return statistics.median(gaps)


def names(splits: Iterable[Split]) -> list[str]:
    """Every part of ``splits`` once, in the order of the work, the unnamed rest last."""
    told = dict.fromkeys(name for one in splits for name in one.parts)
    return [*(name for name in told if name != REST), *(name for name in told if name == REST)]


@styled
def bars(splits: Sequence[Split]) -> Drawing | None:
    """A bar for each variant, made of its parts. ``None`` without any."""
    if not splits:
        return None
    order = names(splits)
    hues = dict(zip([name for name in order if name != REST], [*HUES] * len(order), strict=False))
    longest = max(max(one.together, one.whole) for one in splits)
    unit = units.fitting(longest, units.SECONDS)
    labels = [short(one.way) for one in splits]
    figure, axes = panel(8.6, 1.15 + 0.5 * len(splits), left=row_margin(labels), right=1.0, bottom=0.55, top=0.45)
    axes.set(xlim=(0, longest / unit.scale), ylim=(len(splits) - 0.4, -0.6))
    for at, one in enumerate(splits):
        start = 0.0
        for name in order:
            width = one.parts.get(name, 0.0) / unit.scale
            style: dict[str, Any] = {"color": hues.get(name, FAINT), "edgecolor": PAPER, "linewidth": 0.8}
            axes.barh(at, width, left=start, height=0.62, alpha=0.6, label=short(name) if not at else None, **style)
            if width > NARROW * longest / unit.scale:
                middle = (start + width / 2, at)
                note(axes, short(name), middle, (0, 0), ha="center", va="center", color=INK, fontsize=8)
            start += width
        axes.vlines(one.whole / unit.scale, at - 0.42, at + 0.42, color=INK, linewidth=1.6)
        end = (max(one.whole / unit.scale, start), at)
        note(axes, units.time(one.whole), end, (6, 0), va="center", color=INK)
    name_rows(axes, labels, size=9)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"{unit.name} per call")
    legend: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "frameon": False, "fontsize": 8}
    axes.legend(ncols=len(order), handlelength=0.8, handletextpad=0.3, columnspacing=0.9, borderpad=0, **legend)
    largest = {one.way: max(one.parts, key=one.parts.__getitem__) for one in splits}
    spent = [(short(one.way), units.percent(one.share(largest[one.way])), largest[one.way]) for one in splits]
    told = [f"{way} spends {share} on {name}" for way, share, name in spent]
    return Drawing(
        figure,
        f"Where the time of {len(splits)} variants goes: {', '.join(told)}.",
        "Parts are medians over launches. The black line is the whole, timed in separate calls without reading "
        "the clock between parts.",
    )
