"""How clear a step is by chance: the same search in the runs of a history in random order, where there is no step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from perfsuite.history.searching import scanning
from perfsuite.history.searching.scanning import Floats

SHUFFLED = 2_000_000  # values that are put in random order, about
BATCH = 100_000  # values that are searched at once, or one order of all
ORDERS = (8, 2000)  # random orders of a series: at least, and at most
TAIL = 100  # the largest differences of shuffled series, beyond which a power law describes their tail
SURE = 2.0  # standard errors that a correlation must exceed 0 by


@dataclass(frozen=True)
class Null:
    """The clearest step of a series without any, over all series of one length."""

    deviations: Floats  # of the shuffled series, ascending
    correlation: float  # of neighbouring runs in the history, at least 0

    @property
    def inflation(self) -> float:
        """How many times the standard error of a mean is larger than without the correlation."""
        return math.sqrt(1 + self.correlation) / (1 - self.correlation)

    def tail(self, z: float) -> float:
        """The probability of a difference of ``z`` or more in one series."""
        count = len(self.deviations)
        top = min(TAIL, max(1, count // 20))
        start = max(float(self.deviations[-top]), 1e-9)
        if z <= start:
            return 1 - int(np.searchsorted(self.deviations, z)) / count
        excess = float(np.mean(np.log(self.deviations[-top:] / start))) or 1e-9  # Hill's estimator
        return float(top / count * (z / start) ** (-1 / excess))


def null(logs: Floats, seed: int = 0) -> Null:
    """Search series of (series, runs) in random orders."""
    generator = np.random.default_rng(seed)
    orders = min(max(SHUFFLED // logs.size, ORDERS[0]), ORDERS[1])
    together = max(1, min(orders, BATCH // logs.size))  # small histories in many orders at once
    found: list[Floats] = []
    usual: list[Floats] = []
    least = scanning.side(logs.shape[1])
    for _ in range(-(-orders // together)):
        shuffled = generator.permuted(np.tile(logs, (together, 1)), axis=1)
        clipped, deviation, correlation = scanning.cleaned(shuffled)
        found.append(scanning.clearest(clipped, deviation, least)[0])
        usual.append(np.median(correlation.reshape(together, len(logs)), axis=1))
    every = np.concatenate(usual)
    _, _, own = scanning.cleaned(logs)
    more = float(np.median(own)) - float(np.mean(every)) - SURE * float(np.std(every))
    return Null(np.sort(np.concatenate(found)), min(max(more, 0.0), 0.9))
