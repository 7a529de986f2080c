"""Peak memory against time: which variants are both faster and smaller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from perfsuite.reporting import units
from perfsuite.reporting.canvas.axes import Panel, bottom_axis, left_axis, name_curves, panel, steps, times
from perfsuite.reporting.canvas.choice import Palette, palette
from perfsuite.reporting.canvas.drawing import FAINT, Drawing, Marks, Strokes, short
from perfsuite.reporting.canvas.labels import End, about, column, grey
from perfsuite.reporting.frame import rows as rows_of

FEWEST = 3  # variants with a known peak
TICKS = 8  # on the axis of bytes, at most
Row = Mapping[str, Any]


def memory(group: pd.DataFrame, baseline: str, colors: Palette | None = None) -> Drawing | None:
    """Peak bytes of a call against its time, for one group.

    ``None`` where fewer than three variants have a known peak, or all have the same.
    """
    known = [row for row in rows_of(group) if units.known(row["seconds"]) and units.known(row["peak"])]
    if len(known) < FEWEST or len({row["peak"] for row in known}) < 2:
        return None
    colors = colors or palette(known, baseline)
    front = {row["cell"] for row in best(known)}
    chosen = [row for row in known if row["variant"] in colors.chosen or row["cell"] in front]
    some = [row["peak"] for row in known if row["peak"] > 0]
    least = min(some) / 4  # where a call that holds nothing is drawn
    low, high = min(row["low"] for row in known) / 1.5, max(row["high"] for row in known) * 1.5
    none = any(not row["peak"] for row in known)
    inside = panel(
        340,
        (low, high),
        (least / 1.6 if none else min(some) / 2, max(some) * 2),
        left=56,
        right=column([_name(row) for row in chosen]),
        top=30,
    )
    bytes_ = _bytes(min(some), max(some) * 2)
    ticks = [least] * none + bytes_
    left_axis(
        inside,
        ticks,
        ["0 B"] * none + [units.size(tick) for tick in bytes_],
        "peak memory of a call (lower left is better)",
    )
    bottom_axis(inside, steps(low, high), times(steps(low, high)), "time per call")
    places = {row["cell"]: inside.at(row["seconds"], row["peak"] or least) for row in known}
    _front(inside, known, places)
    ends = []
    for row in known:
        color, spot = colors.color(row["variant"]), places[row["cell"]]
        inside.figure.add(
            Strokes([[(inside.x(row["low"]), spot[1]), (inside.x(row["high"]), spot[1])]], color, 1.2),
            Marks(colors.symbol(row["variant"]), [spot], color, 6, hollow=row["peak_is"] == "at least"),
        )
        if row in chosen:
            ends.append(End(_name(row), spot, color))
    name_curves(inside, ends)
    rest = [row["way"] for row in known if row not in chosen]
    return Drawing(inside.figure, *_words(known, rest))


def _name(row: Row) -> str:
    return short(row["way"])


def _bytes(low: float, high: float) -> list[float]:
    """Powers of two between ``low`` and ``high``, every few of them."""
    powers = [2.0**power for power in range(60) if low / 2 < 2.0**power <= high]
    step = -(-len(powers) // TICKS)
    return powers[::step]


def best(known: Sequence[Row]) -> list[Row]:
    """The variants that no other beats in both time and peak, fast ones first."""
    found: list[Row] = []
    for row in sorted(known, key=lambda row: (row["seconds"], row["peak"])):
        if not found or row["peak"] < found[-1]["peak"]:
            found.append(row)
    return found


def _front(inside: Panel, known: Sequence[Row], places: Mapping[str, tuple[float, float]]) -> None:
    """A staircase through the variants that no other beats in both."""
    corners = [places[row["cell"]] for row in best(known)]
    line = [(corners[0][0], inside.top)]
    for (x, y), after in zip(corners, [*corners[1:], (inside.right, 0.0)], strict=True):
        line += [(x, y), (after[0], y)]
    inside.figure.add(Strokes([line], FAINT, 0.9, (3, 2)))


def _words(known: Sequence[Row], rest: Sequence[str]) -> tuple[str, str]:
    """The result in words, and the caption."""
    front = best(known)
    told = [f"{short(row['way'])} {units.time(row['seconds'])} with {units.size(row['peak'])}" for row in front]
    alt = f"Peak memory against time of {len(known)} variants; no other is both faster and smaller than " + (
        f"{', '.join(told)}."
    )
    first = known[0]
    caption = about(first["case"], first["device"], first["threads"])
    caption += " Dashed: no variant is both faster and smaller than those on this line."
    if any(row["peak_is"] == "at least" for row in known):
        caption += " Hollow: it may have held more, in native code."
    return alt, caption + grey(rest)
