"""The parts of a call: how long each takes, how far their sum is from the whole, and a figure with a bar of them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from perfsuite.measuring.timing import REST
from perfsuite.model import estimates
from perfsuite.model.record import Record
from perfsuite.reporting import units
from perfsuite.reporting.canvas.axes import bottom_axis, panel
from perfsuite.reporting.canvas.drawing import (
    FAINT,
    INK,
    TINTS,
    WIDTH,
    Area,
    Drawing,
    Figure,
    Strokes,
    Words,
    box,
    short,
)
from perfsuite.reporting.canvas.labels import name_rows, row_margin, width
from perfsuite.reporting.frame import PARTS

AGREE = 0.05  # parts and whole come from separate passes: they agree if they differ by no more than this
ROW, LINE = 36.0, 15.0  # points: a bar with its room, a line of the legend


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


def bars(splits: Sequence[Split]) -> Drawing | None:
    """A bar for each variant, made of its parts. ``None`` without any."""
    if not splits:
        return None
    order = names(splits)
    tints = dict(zip([name for name in order if name != REST], [*TINTS] * len(order), strict=False)) | {REST: FAINT}
    longest = max(max(one.together, one.whole) for one in splits)
    unit = units.fitting(longest, units.SECONDS)
    labels = [short(one.way) for one in splits]
    left, right = row_margin(labels), 12 + max(width(units.time(one.whole)) for one in splits)
    lines = _flowed([short(name) for name in order], WIDTH - left - 8)
    top = 14 + LINE * len(lines)
    inside = panel(
        top + 38 + ROW * len(splits),
        (0, longest / unit.scale),
        (len(splits) - 0.5, -0.5),
        left,
        right,
        top,
        log=(False, False),
    )
    _legend(inside.figure, lines, left, [tints[name] for name in order])
    for at, one in enumerate(splits):
        y, x = inside.y(at), inside.left
        for name in order:
            end = x + inside.x(one.parts.get(name, 0.0) / unit.scale) - inside.left
            if name not in one.parts:
                continue
            inside.figure.add(Area(box(x, y - 11, end, y + 11), tints[name], 0.35 if name == REST else 1.0))
            if width(short(name)) + 4 < end - x:
                place = ((x + end) / 2, y + 3)
                inside.figure.add(Words(short(name), place, anchor="middle", halo=False))
            x = end
        whole = inside.x(one.whole / unit.scale)
        inside.figure.add(
            Strokes([[(whole, y - 16), (whole, y - 11)], [(whole, y + 11), (whole, y + 16)]], INK, 1.6),
            Words(units.time(one.whole), (max(whole, x) + 6, y + 3)),
        )
    name_rows(inside.figure, labels, [inside.y(at) for at in range(len(splits))], inside.left - 7)
    ticks = _ticks(longest / unit.scale)
    bottom_axis(
        inside, ticks, [units.digits(tick, 1) if tick < 1 else f"{tick:g}" for tick in ticks], f"{unit.name} per call"
    )
    largest = {one.way: max(one.parts, key=one.parts.__getitem__) for one in splits}
    spent = [(short(one.way), units.percent(one.share(largest[one.way])), largest[one.way]) for one in splits]
    told = [f"{way} spends {share} on {name}" for way, share, name in spent]
    return Drawing(
        inside.figure,
        f"Where the time of {len(splits)} variants goes: {', '.join(told)}.",
        "Parts are medians over launches. The ticks above and below a bar are at the whole, timed in separate "
        "calls without reading the clock between parts.",
    )


def _ticks(longest: float) -> list[float]:
    """From zero, in steps of 1, 2 or 5 times a power of ten: at most seven."""
    rough = longest / 6
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= rough)
    return [round(at * step, 12) for at in range(int(longest / step) + 1)]


def _flowed(words: Sequence[str], room: float) -> list[list[tuple[str, float]]]:
    """The legend's ``words``, each with the points before it, in as many lines as it takes."""
    lines: list[list[tuple[str, float]]] = [[]]
    x = 0.0
    for word in words:
        wide = width(word) + 26
        if lines[-1] and x + wide > room:
            lines.append([])
            x = 0.0
        lines[-1].append((word, x))
        x += wide
    return lines


def _legend(figure: Figure, lines: Sequence[Sequence[tuple[str, float]]], left: float, tints: Sequence[str]) -> None:
    colors = iter(tints)
    for row, line in enumerate(lines):
        y = 14 + LINE * row
        for word, x in line:
            color = next(colors)
            figure.add(Area(box(left + x, y - 8, left + x + 10, y + 1), color, 0.35 if color == FAINT else 1.0))
            figure.add(Words(word, (left + x + 14, y)))
