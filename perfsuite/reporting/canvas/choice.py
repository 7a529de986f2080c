"""Which variants the figures of a page show in colour, and how each is drawn: at most eight can be told apart."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from perfsuite.reporting import units
from perfsuite.reporting.canvas.drawing import DASHES, FAINT, HUES, SYMBOLS

MOST = len(HUES)  # variants in colour
STRANGE = 0.5  # distance of two variants that have no case in common
OTHER = (8.0, 2.0, 1.5, 2.0)  # dashes of an executor that has none of its own
AXES = ("device", "case", "threads", "cold")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Palette:
    """The colour and the symbol of each chosen variant, the same in every figure of a page; all others are grey.

    The ways to run a variant share its colour, and differ in their dashes.
    """

    chosen: tuple[str, ...] = ()  # in ladder order

    def color(self, variant: str) -> str:
        """The colour of ``variant``."""
        return [*HUES][self.chosen.index(variant)] if variant in self.chosen else FAINT

    def symbol(self, variant: str) -> str:
        """The symbol of ``variant``."""
        return SYMBOLS[self.chosen.index(variant)] if variant in self.chosen else "o"

    def dash(self, executor: str) -> tuple[float, ...]:
        """The dashes of an executor's lines."""
        parts = executor.split("+")
        return next((dash for name, dash in DASHES.items() if name in parts), OTHER)


def palette(rows: Iterable[Row], baseline: str) -> Palette:
    """The palette of a page with these ``rows``, of :func:`perfsuite.reporting.frame.rows`."""
    return Palette(tuple(choose(rows, baseline)))


def choose(rows: Iterable[Row], baseline: str, most: int = MOST) -> list[str]:
    """The variants to draw: the simplest of the fastest in each case, the baseline, then those that differ most.

    A difference counts as often as the variant has cases.
    "Simplest" means earliest in the order of ``rows``, which is also the order of the result.
    """
    timed = [row for row in rows if units.known(row["seconds"])]
    order = list(dict.fromkeys(row["variant"] for row in timed))
    fastest: dict[tuple[Any, ...], str] = {}
    curves: dict[str, dict[tuple[Any, ...], float]] = defaultdict(dict)
    for row in timed:
        place = tuple(row[axis] for axis in AXES)
        if row["best"] or row["tie"]:
            fastest.setdefault(place, row["variant"])
        curves[row["variant"]].setdefault(place, math.log(row["seconds"]))
    winners = [variant for variant, _ in Counter(fastest.values()).most_common()]
    base = [row["variant"] for row in timed if row["way"] == baseline]
    chosen = list(dict.fromkeys([*winners, *base]))[:most]
    near = {one: min((_distance(curves[one], curves[other]) for other in chosen), default=STRANGE) for one in order}
    while len(chosen) < min(most, len(order)):
        added = max((one for one in order if one not in chosen), key=lambda one: near[one] * len(curves[one]))
        chosen.append(added)
        near = {one: min(near[one], _distance(curves[one], curves[added])) for one in order}
    return [variant for variant in order if variant in chosen]


def _distance(one: Mapping[Any, float], other: Mapping[Any, float]) -> float:
    """Mean distance of two curves of log time over the cases that both have."""
    apart = [abs(one[case] - other[case]) for case in one.keys() & other.keys()]
    return math.fsum(apart) / len(apart) if apart else STRANGE
