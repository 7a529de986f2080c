"""Estimates from raw samples: median, interval, ratio. Pure functions, no torch, no numpy.

The unit is the launch: samples of one process share its memory layout, so an interval over samples is too narrow
(measured: it excluded the true value in 28-50 % of unchanged cases). Each launch gives one number, its median.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from perfsuite.model.record import Record


@dataclass(frozen=True)
class Estimate:
    """A median over launches with its confidence interval."""

    value: float
    low: float
    high: float
    confidence: float  # that the interval covers the median: exact, whatever the distribution
    launches: int

    def __truediv__(self, scale: float) -> Estimate:
        """The estimate in another unit, or as multiples of ``scale``."""
        return Estimate(self.value / scale, self.low / scale, self.high / scale, self.confidence, self.launches)


def median_interval(values: Sequence[float], level: float = 0.95) -> Estimate:
    """Median of independent ``values`` with the narrowest symmetric order-statistic interval of at least ``level``.

    The interval between the k-th smallest and the k-th largest of n covers the median with probability
    ``1 - 2 P(Binomial(n, 1/2) < k)``. With fewer than six values no interval reaches 95 %; it is then the whole range,
    and ``confidence`` gives its actual coverage (five values: 93.75 %, one: 0).

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("an estimate needs at least one value")
    ordered, n = sorted(values), len(values)
    rank, confidence = 1, 1 - 2 * 0.5**n
    outside = 2 * 0.5**n
    while rank < (n + 1) // 2:
        outside += 2 * math.comb(n, rank) * 0.5**n
        if 1 - outside < level:
            break
        rank, confidence = rank + 1, 1 - outside
    return Estimate(statistics.median(ordered), ordered[rank - 1], ordered[-rank], max(confidence, 0.0), n)


def seconds(record: Record) -> Estimate | None:
    """Seconds per call of ``record``: median over launches of each launch's median; ``None`` without samples."""
    medians = [launch.median for launch in record.launches if launch.wall]
    return median_interval(medians) if medians else None


def part(record: Record, name: str) -> Estimate | None:
    """Like :func:`seconds` for one named part: ``first item``, ``per item``, ``device``."""
    medians = [statistics.median(launch.parts[name]) for launch in record.launches if launch.parts.get(name)]
    return median_interval(medians) if medians else None


def ratio(record: Record, base: Record) -> Estimate | None:
    """How many times longer ``record`` takes than ``base``: median of the per-launch ratios, with its interval.

    Both were timed in turns in the same processes, so effects of a launch on both cancel. ``None`` if no launch has
    both.
    """
    theirs = {launch.launch: launch.median for launch in base.launches if launch.wall}
    logs = [
        math.log(launch.median / theirs[launch.launch])
        for launch in record.launches
        if launch.wall and launch.launch in theirs
    ]
    if not logs:
        return None
    estimate = median_interval(logs)
    return Estimate(
        math.exp(estimate.value),
        math.exp(estimate.low),
        math.exp(estimate.high),
        estimate.confidence,
        estimate.launches,
    )


def apart(new: Estimate, old: Estimate) -> Estimate:
    """How many times longer ``new`` takes than ``old``, which was measured at another time: no launches are paired.

    From the lower end of one interval over the upper end of the other, and the reverse. The two intervals are
    independent, so both cover their medians with the product of their confidences, and the ratio's interval covers the
    ratio of the medians with at least that. It assumes nothing about how the launches of either run are distributed.
    """
    return Estimate(
        new.value / old.value,
        new.low / old.high,
        new.high / old.low,
        new.confidence * old.confidence,
        min(new.launches, old.launches),
    )


def chance(new: int, old: int) -> float:
    """The probability that the interval of :func:`apart` excludes 1 although nothing changed, for these many launches.

    Exact if all launches are independent and of one continuous distribution: every order of theirs is then equally
    likely, and the interval excludes 1 if the launches that bound it are in the wrong order.
    """
    return _outside(new, old) + _outside(old, new)


def _outside(above: int, below: int) -> float:
    """The probability that the lower end of the interval of ``above`` launches exceeds the upper end of the other."""
    low, high = (int(median_interval(range(above)).low), int(median_interval(range(below)).high))  # positions, from 0
    orders = sum(  # those in which at most ``low`` of the first are below the end of the second
        math.comb(high + under, under) * math.comb(below - high - 1 + above - under, above - under)
        for under in range(low + 1)
    )
    return orders / math.comb(above + below, above)


def best(records: Sequence[Record]) -> Record | None:
    """The fastest of the ``ok`` records; ``None`` if there is none."""
    timed = [(estimate.value, record) for record in records if record.status == "ok" and (estimate := seconds(record))]
    return min(timed, key=lambda pair: pair[0])[1] if timed else None
