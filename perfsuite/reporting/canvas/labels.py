"""The words beside data: how much room they take, and how they are kept apart."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from perfsuite.reporting.canvas.drawing import INK, SMALL, Figure, Point, Strokes, Words, short

NARROW, BROAD = frozenset("iljtfrI.,:;'|!()[] "), frozenset("mwMW@%—…±×+−=<>~→")
LONGEST = 40  # characters of a name
NAMED = 6  # names in a caption
GAP = 11.0  # points between the baselines of two names


def width(text: str, size: float = SMALL, mono: bool = False) -> float:
    """Points that ``text`` takes: rather too much, because the reader's font is not known."""
    return size * sum(_advance(letter, mono) for letter in text)


def _advance(letter: str, mono: bool) -> float:
    if letter > "\u10ff" and unicodedata.east_asian_width(letter) in "WF":
        return 1.2
    if mono:
        return 0.61
    return 0.36 if letter in NARROW else 0.98 if letter in BROAD else 0.66 if letter.isupper() else 0.6


@dataclass(frozen=True)
class End:
    """Where a curve ends, and what is written beside it."""

    text: str
    at: Point  # points
    color: str
    mono: bool = True  # whether it is a name in code


def name_ends(figure: Figure, ends: Sequence[End], right: float, top: float, bottom: float) -> None:
    """Write what each curve is in a column beside ``right``, in the order of their ends; a thin line leads to each."""
    gap = min(GAP, (bottom - top) / max(1, len(ends) - 1))
    places = spread([end.at[1] for end in ends], gap, top, bottom)
    for end, place in zip(ends, places, strict=True):
        x, y = end.at
        if abs(place - y) > 2 or x < right - 12:
            figure.add(Strokes([[(x + 5, y), (right + 12, place)]], end.color, 0.6, (1.5, 2), 0.8))
        figure.add(Words(short(end.text, LONGEST), (right + 15, place + 3), end.color, mono=end.mono))


def column(texts: Sequence[str], mono: bool = True) -> float:
    """Points that a column of :func:`name_ends` needs at the right of a figure."""
    return 22 + max((width(short(text, LONGEST), SMALL, mono) for text in texts), default=0)


def about(what: str, device: str, threads: str) -> str:
    """What a figure is about, as the start of its caption: 5x784x10, cpu, 1 thread."""
    return f"{short(what)}, {device}, {threads} thread{'s' * (threads != '1')}."


def grey(names: Sequence[str]) -> str:
    """What a caption says of the variants that have no colour: their names, or their number if there are many."""
    if not names:
        return ""
    return f" Grey: {', '.join(map(short, names))}." if len(names) <= NAMED else f" Grey: {len(names)} other variants."


def name_rows(figure: Figure, names: Sequence[str], places: Sequence[float], x: float) -> None:
    """Name the rows of a figure at its left edge; the names end at ``x``."""
    for name, y in zip(names, places, strict=True):
        figure.add(Words(name, (x, y + 3), INK, 9, "end", mono=True))


def row_margin(names: Sequence[str]) -> float:
    """Points at the left of a figure for the longest of its rows' ``names``."""
    return 14 + max(width(name, 9, mono=True) for name in names)


def spread(wanted: Sequence[float], gap: float, low: float = -math.inf, high: float = math.inf) -> list[float]:
    """``wanted`` positions, in their order, moved apart until each two are ``gap`` apart, no further than needed.

    All lie between ``low`` and ``high`` if there is room.
    """
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    blocks: list[tuple[float, int]] = []  # (centre, members)
    for at in order:
        blocks.append((wanted[at], 1))
        while len(blocks) > 1 and _first(blocks[-1], gap) - _first(blocks[-2], gap) < gap * blocks[-2][1]:
            (under, few), (over, more) = blocks[-2:]
            blocks[-2:] = [((under * few + over * more) / (few + more), few + more)]
    places = [_first(block, gap) + rank * gap for block in blocks for rank in range(block[1])]
    last = len(places) - 1
    places = [min(place, high - gap * (last - rank)) for rank, place in enumerate(places)]
    places = [max(place, low + gap * rank) for rank, place in enumerate(places)]
    placed = dict(zip(order, places, strict=True))
    return [placed[at] for at in range(len(wanted))]


def _first(block: tuple[float, int], gap: float) -> float:
    return block[0] - gap * (block[1] - 1) / 2
