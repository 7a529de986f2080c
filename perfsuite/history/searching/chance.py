"""How clear a step is by chance: the same search in the runs of a history in random order, where there is no step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from perfsuite.history.model import Floats
from perfsuite.history.searching import scanning

SHUFFLED = 8_000_000  # values that are put in random order, about
BATCH = 100_000  # values that are searched at once, or one order of all
ORDERS = (8, 2000)  # random orders of a series: at least, and at most
TAIL = 100  # the largest differences of shuffled series, beyond which a power law describes their tail
COUNTED = 3  # larger differences of shuffled series, from which on their number is taken as it is
SURE = 2.0  # standard errors that a correlation must exceed 0 by


@dataclass(frozen=True)
class Null:
    """The clearest step of a series without any, over all series of one length."""

    deviations: Floats  # of the shuffled series, each in the scale of its own, ascending
    correlation: float  # of neighbouring runs in the history, at least 0
    own: Floats  # (series,): the scale of each, at least 1: larger for runs that jump between levels

    @property
    def inflation(self) -> float:
        """How many times the standard error of a mean is larger than without the correlation.

        Some of it is in the differences that the standard deviation is from: these are smaller.
        """
        r = self.correlation
        return math.sqrt((1 + r) / (1 - r) / (1 - (r + r**2) / 2))

    def tail(self, z: float) -> float:
        """The probability of a difference of ``z`` or more in one series, in the scale of its own."""
        count = len(self.deviations)
        if (above := count - int(np.searchsorted(self.deviations, z))) >= COUNTED:
            return (above + 1) / (count + 1)
        top = min(TAIL, max(1, count // 20))
        start = max(float(self.deviations[-top]), 1e-9)
        if z <= start:
            return (above + 1) / (count + 1)
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
    shuffles = np.concatenate(found).reshape(-1, len(logs))
    middle = np.median(shuffles, axis=0)
    scale = np.maximum(1.0, middle / (float(np.median(middle)) or 1.0))
    every = np.concatenate(usual)
    _, _, own = scanning.cleaned(logs)
    more = float(np.median(own)) - float(np.mean(every)) - SURE * float(np.std(every))
    return Null(np.sort((shuffles / scale).ravel()), min(max(more, 0.0), 0.9), scale)
