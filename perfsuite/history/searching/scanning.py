"""How clearly each series has a step at each position: windows of several widths on both sides, robust to outliers.

All functions take many series of one length at once: arrays of (series, runs) of the logarithms of times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfsuite.history.model import Floats

SIDE = 3  # runs that a step needs on each side: up to two outlying runs in a row are not a step
MOST = 5  # the same in long histories, in which even rare outliers are neighbours somewhere
WINDOWS = (3, 5, 8, 13, 21, 34, 55)  # runs on each side that are compared; none longer: slow drift is no step
CLIPPED = 3.0  # standard deviations from the running median beyond which a run counts no more
LARGEST = 20  # one in so many differences counts no more than the others when outliers are sought, which are in two
BLOCK = 1 << 15  # values that are searched at a time
FINEST = 1e-6  # the least standard deviation that is believed: times are stored in steps of the clock


def side(runs: int) -> int:
    """How many runs a step needs on each side of it, in a history of ``runs``."""
    return min(max(runs // 10, SIDE), MOST)


def cleaned(logs: Floats) -> tuple[Floats, Floats, Floats]:
    """Outliers clipped to the running median; the standard deviation of each series; and its serial correlation.

    Both are from differences of runs that are one and two apart (von Neumann), which a step hardly changes.
    """
    found = [_cleaned(logs[some]) for some in _blocks(logs)]
    clipped, deviation, correlation = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return clipped, deviation, correlation


def _blocks(logs: Floats) -> list[slice]:
    """Some series at a time, of which the intermediate values stay in a core's cache."""
    rows = max(1, BLOCK // max(1, logs.shape[1]))
    return [slice(at, at + rows) for at in range(0, max(1, len(logs)), rows)]


def _cleaned(logs: Floats) -> tuple[Floats, Floats, Floats]:
    outlying = max(1, (logs.shape[1] - 1) // LARGEST)
    scale = np.maximum(np.sqrt(_variance(logs, 1, outlying)), FINEST)[:, None]
    middle = _running_median(logs)
    clipped = np.clip(logs, middle - CLIPPED * scale, middle + CLIPPED * scale)
    one, two = (np.maximum(_variance(clipped, apart, apart), FINEST**2) for apart in (1, 2))
    return clipped, np.sqrt((one + two) / 2), two / one - 1


def _variance(logs: Floats, apart: int, largest: int) -> Floats:
    """Of each series, from the differences of runs so far ``apart``, the ``largest`` of them reduced to the next one.

    One step is in as many differences as the runs are apart.
    """
    squares = np.square(logs[:, apart:] - logs[:, :-apart])
    kept = max(1, squares.shape[1] - largest)
    most = np.partition(squares, kept - 1, axis=1)[:, kept - 1 : kept]
    return np.asarray(np.minimum(squares, most).mean(axis=1) / 2, dtype=np.float64)


def _running_median(logs: Floats) -> Floats:
    """The median of each run and of :func:`side` neighbours on each side, fewer at the ends."""
    runs = logs.shape[1]
    reach = side(runs)
    found = np.empty_like(logs)
    if runs > 2 * reach:
        found[:, reach : runs - reach] = _middle([logs[:, at : runs - 2 * reach + at] for at in range(2 * reach + 1)])
    for at in {*range(min(reach, runs)), *range(max(0, runs - reach), runs)}:
        near = np.sort(logs[:, max(0, at - reach) : at + reach + 1], axis=1)
        found[:, at] = (near[:, (near.shape[1] - 1) // 2] + near[:, near.shape[1] // 2]) / 2
    return found


def _middle(values: Sequence[Floats]) -> Floats:
    """The median of an odd number of arrays, element by element; three times as fast as numpy's on windows.

    The least and the largest of just over half of the values cannot be the median: they are dropped, and the next
    value takes their place.
    """
    half = len(values) // 2 + 2
    kept = list(values[:half])
    rest = list(values[half:])
    while len(kept) > 1:
        for at in range(1, len(kept)):  # the largest to the end
            kept[at - 1], kept[at] = np.minimum(kept[at - 1], kept[at]), np.maximum(kept[at - 1], kept[at])
        kept.pop()
        for at in range(len(kept) - 1, 0, -1):  # the least to the start
            kept[at - 1], kept[at] = np.minimum(kept[at - 1], kept[at]), np.maximum(kept[at - 1], kept[at])
        kept = kept[1:] + rest[:1]
        rest = rest[1:]
    return kept[0]


def clearest(clipped: Floats, deviation: Floats, least: int) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp]]:
    """For each series the largest difference of two windows in standard errors, its position, and its window.

    At least ``least`` runs are on each side of the position, so there must be twice as many.
    """
    found = [_clearest(clipped[some], deviation[some], least) for some in _blocks(clipped)]
    z, at, width = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return z, at, width


def _clearest(clipped: Floats, deviation: Floats, least: int) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp]]:
    count, runs = clipped.shape
    sums = np.zeros((count, runs + 1))
    np.cumsum(clipped - clipped.mean(axis=1, keepdims=True), axis=1, out=sums[:, 1:])
    at = np.arange(least, runs - least + 1)
    best = np.full(count, -1.0)
    where, width = np.zeros(count, dtype=np.intp), np.zeros(count, dtype=np.intp)
    rows: Any = np.arange(count)
    for window in (least, *(window for window in WINDOWS if window > least)):
        low, high = np.maximum(0, at - window), np.minimum(runs, at + window)
        scale = 1 / np.sqrt(1 / (at - low) + 1 / (high - at))
        z = sums[:, high] / (high - at)
        z -= sums[:, at] * (1 / (high - at) + 1 / (at - low))
        z += sums[:, low] / (at - low)
        z *= scale
        np.abs(z, out=z)
        here = z.argmax(axis=1)
        better = z[rows, here] > best
        best[better], where[better], width[better] = z[rows, here][better], at[here[better]], window
        if window >= runs - least:
            break
    return best / deviation, where, width
