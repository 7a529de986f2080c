"""The scales and axes of a figure: where a value lies, ticks that do not touch, names with units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from perfsuite.reporting import units
from perfsuite.reporting.canvas.drawing import BODY, FAINT, WIDTH, Figure, Point, Strokes, Words
from perfsuite.reporting.canvas.labels import End, name_ends, width

APART = 6.0  # points between two labels


@dataclass(frozen=True)
class Scale:
    """From values to points: ``low`` is at ``start``, ``high`` at ``end``."""

    low: float
    high: float
    start: float
    end: float
    log: bool = True

    def __call__(self, value: float) -> float:
        """The place of ``value``; what lies outside is placed outside."""
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Whether ``value`` lies between the ends."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Panel:
    """A figure with one pair of scales: x runs to the right, y upwards."""

    figure: Figure
    x: Scale
    y: Scale

    def at(self, x: float, y: float) -> Point:
        """The place of a data point."""
        return self.x(x), self.y(y)

    @property
    def left(self) -> float:
        """Points from the left edge."""
        return self.x.start

    @property
    def right(self) -> float:
        """Points from the left edge."""
        return self.x.end

    @property
    def top(self) -> float:
        """Points from the upper edge."""
        return min(self.y.start, self.y.end)

    @property
    def bottom(self) -> float:
        """Points from the upper edge."""
        return max(self.y.start, self.y.end)


def name_curves(panel: Panel, ends: Sequence[End]) -> None:
    """Name the curves of a panel at its right."""
    name_ends(panel.figure, ends, panel.right, panel.top, panel.bottom)


def bottom_axis(panel: Panel, ticks: Sequence[float], labels: Sequence[str], name: str) -> None:
    """The horizontal axis; labels that would touch the one before are left out, and so are ticks outside."""
    figure, y = panel.figure, panel.bottom
    places = [panel.x(tick) for tick in ticks]
    figure.add(Strokes([[(panel.left, y), (panel.right, y)], *([(at, y), (at, y + 3.5)] for at in places)], FAINT, 0.8))
    free = -math.inf
    for at, label in zip(places, labels, strict=True):
        half = width(label, BODY) / 2
        if at - half >= free:
            figure.add(Words(label, (at, y + 14), size=BODY, anchor="middle"))
            free = at + half + APART
    figure.add(Words(name, ((panel.left + panel.right) / 2, y + 29), size=BODY, anchor="middle"))


def left_axis(panel: Panel, ticks: Sequence[float], labels: Sequence[str], name: str) -> None:
    """The vertical axis; its name stands above it, horizontal, which is easier to read."""
    figure, x = panel.figure, panel.left
    places = [panel.y(tick) for tick in ticks]
    figure.add(Strokes([[(x, at), (panel.right, at)] for at in places], FAINT, 0.5, opacity=0.25))
    figure.add(Strokes([[(x, panel.top), (x, panel.bottom)], *([(x - 3.5, at), (x, at)] for at in places)], FAINT, 0.8))
    for at, label in zip(places, labels, strict=True):
        figure.add(Words(label, (x - 6, at + 3.5), size=BODY, anchor="end"))
    figure.add(Words(name, (4, panel.top - 10), size=BODY))


def decades(low: float, high: float) -> list[float]:
    """Powers of ten between ``low`` and ``high``; every second or third if they would be too close."""
    exponents = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    return [10.0**exponent for exponent in exponents[:: max(1, math.ceil(len(exponents) / 9))]]


def steps(low: float, high: float) -> list[float]:
    """Ticks of a logarithmic axis: decades, or 1-2-5 where there are fewer than three."""
    ticks = decades(low, high)
    if len(ticks) >= 3:
        return ticks
    fine = (step * 10.0**exponent for exponent in range(-12, 16) for step in (1, 2, 5))
    return [tick for tick in fine if low <= tick <= high]


def times(ticks: Sequence[float]) -> list[str]:
    """Seconds as labels, each in the unit that fits."""
    shown = [(tick, units.fitting(tick, units.SECONDS)) for tick in ticks]
    return [f"{units.digits(tick / unit.scale, 1)} {unit.name}" for tick, unit in shown]


def panel(
    height: float,
    x: tuple[float, float],
    y: tuple[float, float],
    left: float,
    right: float,
    top: float = 24.0,
    bottom: float = 38.0,
    log: tuple[bool, bool] = (True, True),
) -> Panel:
    """A figure of ``height`` points with the limits ``x`` and ``y``; the margins are points too."""
    across = Scale(*x, left, WIDTH - right, log[0])
    return Panel(Figure(height), across, Scale(*y, height - bottom, top, log[1]))
