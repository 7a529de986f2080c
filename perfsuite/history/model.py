"""The history of a cell: what it took in each run, in the order of the runs. Nothing is read from files here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Stamp(NamedTuple):
    """Which run it is."""

    run: str  # its id: the same in all cells of the run
    at: str  # when it began, ISO 8601
    commit: str


@dataclass(frozen=True)
class Point:
    """One cell in one run."""

    run: str
    at: str
    commit: str
    seconds: float  # per call: the median of ``launches``, above 0
    launches: Sequence[float]  # seconds per call, the median of each launch


@dataclass(frozen=True)
class Series:
    """One cell, or one roof (the time of the same work), in the runs that have it, oldest first.

    As arrays, because a large history has a million of times.
    """

    cell: str
    stamps: tuple[Stamp, ...]  # the same object for all cells with the same runs
    seconds: Floats  # (runs,), above 0: per call, the median of ``launches``
    launches: Floats  # (runs, launches): seconds per call, the median of each launch; NaN where a run has fewer

    def __len__(self) -> int:
        """How many runs there are."""
        return len(self.stamps)

    @cached_property
    def logs(self) -> Floats:
        """Logarithms of the times, (runs,): to be read only."""
        found = np.log(self.seconds)
        found.flags.writeable = False
        return found

    @property
    def points(self) -> tuple[Point, ...]:
        """Run by run."""
        launches = self.launches.tolist()
        if np.isnan(self.launches).any():
            launches = [[time for time in row if not math.isnan(time)] for row in launches]
        times = zip(self.seconds.tolist(), launches, strict=True)
        return tuple(Point(*stamp, *own) for stamp, own in zip(self.stamps, times, strict=True))

    def tail(self, runs: int) -> Series:
        """The newest ``runs`` of them, more than 0."""
        return Series(self.cell, self.stamps[-runs:], self.seconds[-runs:], self.launches[-runs:])


@dataclass(frozen=True, slots=True)
class Step:
    """A suspected change: not confirmed by anything."""

    at: int  # the position of the first run after it
    ratio: float  # the time after it over the time before it: above 1 is slower
    low: float  # 95 % interval of the ratio, as if the position had been known beforehand
    high: float
    p: float  # the probability of so clear a step anywhere in the whole history, if nothing changed in it
    beside: bool = False  # whether it is of the times over those of the cell's rivals
