"""How far a cell has moved since a release, in however many small steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from perfsuite.history.model import Floats, Series
from perfsuite.history.searching import scanning

LAST = 5  # runs at the end that are compared with those of the anchor
LEAST = 8  # runs of the cell: with fewer its noise is not known
WORTH = 2 / 3  # degrees of freedom of a difference of runs, at least: they overlap


@dataclass(frozen=True)
class Creep:
    """The last runs of a cell over the runs of the anchor."""

    ratio: float  # above 1: slower than the anchor
    low: float  # the interval of the ratio
    high: float
    anchors: int  # runs of the anchor
    runs: int  # runs at the end that it is compared with

    @property
    def clear(self) -> bool:
        """Whether the interval excludes 1."""
        return self.low > 1 or self.high < 1


def creep(series: Series, anchor_commit: str, cells: int = 1, false: float = 0.05) -> Creep | None:
    """The last runs over those of ``anchor_commit``; ``None`` without a run of it, a later one, or enough runs.

    The medians of both. The noise is that between neighbouring runs of the whole series, so slow creep is no part of
    it. With ``cells``, the number of cells that are looked at, all their intervals together cover with ``1 - false``.
    """
    logs = series.logs
    old = [at for at, stamp in enumerate(series.stamps) if stamp.commit == anchor_commit]
    if not old or len(logs) < LEAST or old[-1] == len(logs) - 1:
        return None
    new = range(max(old[-1] + 1, len(logs) - LAST), len(logs))
    clipped, deviation, _ = scanning.cleaned(logs[None])
    error = float(deviation[0]) * math.hypot(_error(logs[old]), _error(logs[new]))
    wide = _student(1 - false / cells / 2, WORTH * (len(logs) - 1)) * error
    change = float(np.median(clipped[0, new]) - np.median(clipped[0, old]))  # so one outlying run of the anchor is none
    return Creep(math.exp(change), math.exp(change - wide), math.exp(change + wide), len(old), len(new))


def _error(logs: Floats) -> float:
    """The standard error of a median in standard deviations; with up to two values it is that of a mean."""
    return math.sqrt((1 if len(logs) < 3 else math.pi / 2) / len(logs))


def _student(probability: float, freedom: float) -> float:
    """The quantile of Student's distribution, expanded around the normal one (Cornish and Fisher).

    Within 1 % from 10 degrees of freedom; with 5 it is 10 % too small for one cell in 1,000.
    """
    z = NormalDist().inv_cdf(probability)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
