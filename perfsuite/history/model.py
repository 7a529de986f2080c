"""The history of a cell: one point for each run, in the order of the runs. Nothing is read from files here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Point(NamedTuple):
    """One cell in one run. A tuple, because a large history has a million of them."""

    run: str  # the id of the run: the same in all cells of the run
    at: str  # when the run began, ISO 8601
    commit: str
    seconds: float  # per call: the median of ``launches``, above 0
    launches: Sequence[float]  # seconds per call, the median of each launch


@dataclass(frozen=True)
class Series:
    """The points of one cell, or of one roof (the time of the same work), oldest first; a run may be missing."""

    cell: str
    points: tuple[Point, ...]

    @cached_property
    def logs(self) -> NDArray[np.float64]:
        """Logarithms of the times: to be read only."""
        found = np.log(np.fromiter((point.seconds for point in self.points), np.float64, len(self.points)))
        found.flags.writeable = False
        return found


@dataclass(frozen=True, slots=True)
class Step:
    """A suspected change: not confirmed by anything."""

    at: int  # the position of the first point after it
    ratio: float  # the time after it over the time before it: above 1 is slower
    low: float  # 95 % interval of the ratio, as if the position had been known beforehand
    high: float
    p: float  # the probability of so clear a step anywhere in the whole history, if nothing changed in it
    beside: bool = False  # whether it is of the times over those of the cell's rivals
