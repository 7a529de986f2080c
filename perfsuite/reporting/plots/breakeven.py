"""When compiling pays off: the time of N calls with the compilation, against N calls without it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from perfsuite.reporting import units
from perfsuite.reporting.canvas.axes import Panel, bottom_axis, decades, left_axis, name_curves, panel, steps, times
from perfsuite.reporting.canvas.choice import Palette
from perfsuite.reporting.canvas.drawing import Drawing, Marks, Strokes, Words, short
from perfsuite.reporting.canvas.labels import End, about, column, width
from perfsuite.reporting.frame import rows as rows_of

MOST = 3  # variants in one figure: two lines each
POINTS = 60  # of a curve
NAME = 20  # characters of a name within a sentence
LEAST, MANY = 1e3, 1e12  # calls at the end of the axis: at least, at most
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Payback:
    """A compiled variant beside the same one without the compiler, timed in turns with it."""

    eager: Row
    compiled: Row

    @property
    def cost(self) -> float:
        """Seconds to compile."""
        return float(self.compiled["compile"])

    @property
    def call(self) -> float:
        """Seconds of a compiled call: those of the other, less what was saved within each launch."""
        return float(max(self.eager["seconds"] - self.compiled["saves"], self.compiled["seconds"] / 2))

    @property
    def calls(self) -> float:
        """After how many calls the compilation is paid back; infinity if never."""
        return float(self.compiled["break_even"])

    @property
    def span(self) -> tuple[float, float] | None:
        """The fewest and the most calls, by the ends of the intervals of the cost and the gain; ``None`` if unknown."""
        low, high = self.compiled["break_even_low"], self.compiled["break_even_high"]
        return None if math.isnan(low) or math.isnan(high) else (low, high)


def paybacks(group: pd.DataFrame) -> list[Payback]:
    """The compiled variants of a group that were timed in turns with the same one without the compiler."""
    timed = [row for row in rows_of(group) if units.known(row["seconds"])]
    eager = {row["variant"]: row for row in timed if row["executor"] == "eager"}
    compiled = [row for row in timed if units.known(row["compile"]) and units.known(row["saves"])]
    return [Payback(eager[row["variant"]], row) for row in compiled if row["variant"] in eager]


def breakeven(found: Sequence[Payback], colors: Palette) -> Drawing | None:
    """Total seconds against the number of calls, with the crossing of each pair marked. ``None`` without any pair.

    At most :data:`MOST`, those that pay off first; of the variants without a colour only one, and only if it is first.
    """
    ordered = sorted(found, key=lambda one: one.calls)
    colored = [one for one in ordered if one.eager["variant"] in colors.chosen]
    shown = [one for one in ordered if one in colored[:MOST] or one is ordered[0]][:MOST]
    if not shown:
        return None
    inside = _inside(shown)
    lines = [end for one in shown for end in _lines(inside, one, colors)]
    texts = [_label(one) for one in shown]
    for at, (one, text) in enumerate(zip(shown, texts, strict=True)):
        _crossing(inside, one, text, inside.bottom - 8 - 13 * (len(shown) - 1 - at), colors)
    name_curves(inside, lines)
    rest = [short(one.compiled["way"]) for one in found if one not in shown]
    first = shown[0].compiled
    caption = (
        f"{about(first['case'], first['device'], first['threads'])} Solid: without the compiler, "
        "dashed: with it. A mark is where the compilation is paid back; its bar covers the intervals of the cost and "
        "of what a call saves."
    )
    caption += f" Not drawn: {', '.join(rest)}." * bool(rest)
    return Drawing(inside.figure, f"When compiling pays off: {'; '.join(texts)}.", caption)


def _inside(shown: Sequence[Payback]) -> Panel:
    """The empty figure: from one call to well beyond the last crossing that is known."""
    ends = [end for one in shown for end in (one.calls, *(one.span or ())) if math.isfinite(end)]
    most = min(MANY, max([LEAST, *(4 * end for end in ends)]))
    if not ends:
        most = max([LEAST, *(2 * one.cost / one.eager["seconds"] for one in shown)])
    low = min(one.eager["seconds"] for one in shown) / 2
    high = max(one.cost + most * max(one.eager["seconds"], one.call) for one in shown) * 1.5
    right = column([way for one in shown for way in (one.eager["way"], one.compiled["way"])])
    inside = panel(340, (1, most), (low, high), left=52, right=right, top=30)
    left_axis(inside, steps(low, high), times(steps(low, high)), "time of all calls, with the compilation")
    bottom_axis(inside, decades(1, most), [_tick(tick) for tick in decades(1, most)], "calls")
    return inside


def _lines(inside: Panel, one: Payback, colors: Palette) -> list[End]:
    """Both lines of a pair, and their names."""
    color = colors.color(one.eager["variant"])
    counts = [inside.x.high ** (at / POINTS) for at in range(POINTS + 1)]
    eager = [inside.at(count, count * one.eager["seconds"]) for count in (counts[0], counts[-1])]
    compiled = [inside.at(count, one.cost + count * one.call) for count in counts]
    inside.figure.add(
        Strokes([eager], color, 1.6), Strokes([compiled], color, 1.6, colors.dash(one.compiled["executor"]))
    )
    return [End(one.eager["way"], eager[-1], color), End(one.compiled["way"], compiled[-1], color)]


def _crossing(inside: Panel, one: Payback, text: str, y: float, colors: Palette) -> None:
    """The mark where a pair crosses, its interval, and a line down to its words; the words alone if it never does."""
    color = colors.color(one.eager["variant"])
    if not inside.x.holds(one.calls):
        inside.figure.add(Words(text, (inside.right - 6, y), color, anchor="end"))
        return
    x, height = inside.at(one.calls, one.calls * one.eager["seconds"])
    least, most = (min(max(end, inside.x.low), inside.x.high) for end in one.span or (one.calls, one.calls))
    start = x + 5 if x + 5 + width(text) < inside.right else max(inside.left + 5, x - 5 - width(text))
    inside.figure.add(
        Strokes([[(x, height), (x, inside.bottom)]], color, 0.8, (1.5, 2)),
        Strokes([[(inside.x(least), height), (inside.x(most), height)]], color, 4, opacity=0.5),
        Marks(colors.symbol(one.eager["variant"]), [(x, height)], color, 7),
        Words(text, (start, y), color),
    )


def _label(one: Payback) -> str:
    name = short(one.compiled["way"], NAME)
    if not math.isfinite(one.calls):
        return f"{name} never pays off"
    told = f"{name} is paid back after {_count(one.calls)} calls"
    if one.span is None:
        return told
    least, most = one.span
    return f"{told} ({_count(least)} to {_count(most) if math.isfinite(most) else 'never'})"


def _count(calls: float) -> str:
    return units.count(calls) if calls < 1e6 else units.rate(calls, "")


def _tick(calls: float) -> str:
    unit = units.fitting(calls, units.COUNTS)
    return f"{units.digits(calls / unit.scale, 1)} {unit.name}".strip()
