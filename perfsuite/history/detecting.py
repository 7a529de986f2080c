"""Where the time of a cell changed: suspected steps, with at most 5 % of whole histories having a false one.

How clear a step must be is learned from the history itself: the same search in its runs in random order, where there
is no step, over all its cells. So the noise may have any distribution. Only its correlation from run to run is allowed
for by a factor, from all cells together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from perfsuite.history.model import Floats, Series, Step
from perfsuite.history.searching import scanning
from perfsuite.history.searching.chance import Null, null
from perfsuite.history.searching.scanning import SIDE

NEAR = 2  # runs: steps that are no farther apart are one
LEAST = 2 * SIDE  # runs of a cell: with fewer nothing is proposed


def steps(
    families: Sequence[Series], false: float = 0.05, rivals: Mapping[str, Floats] = MappingProxyType({})
) -> dict[str, list[Step]]:
    """The suspected steps of each cell that has enough runs, oldest first; cells of fewer runs have no entry.

    The times by themselves are searched, and those over the times of the cell's rivals. Where both have a step at about
    the same run, it is the latter's, which vary less.

    Args:
        families: all cells of the history, without the drift of the machine.
        false: the probability of any false step in the whole history, if nothing changed in it.
        rivals: for some cells the logarithms of what their rivals did in each run.
    """
    logs = {series.cell: series.logs for series in families}
    beside = {cell: logs[cell] - moved for cell, moved in rivals.items() if cell in logs}
    if not beside:
        return _searched(logs, false)
    with ThreadPoolExecutor() as pool:  # numpy lets both search at the same time
        found, clearer = pool.map(_searched, (logs, beside), (false / 2, false / 2))
    for cell, own in clearer.items():
        clear = [replace(step, beside=True) for step in own]
        others = [step for step in found[cell] if all(abs(step.at - one.at) > NEAR for one in clear)]
        found[cell] = sorted([*clear, *others], key=lambda step: step.at)
    return found


def _searched(families: Mapping[str, Floats], false: float) -> dict[str, list[Step]]:
    """The steps of each cell that has enough runs."""
    found: dict[str, list[Step]] = {cell: [] for cell, logs in families.items() if len(logs) >= LEAST}
    lengths: dict[int, list[str]] = {}
    for cell in found:
        lengths.setdefault(len(families[cell]), []).append(cell)
    for same in lengths.values():
        for cell, own in zip(same, search(np.array([families[cell] for cell in same]), len(found), false), strict=True):
            found[cell] = own
    return found


def unjudged(families: Sequence[Series]) -> list[str]:
    """The cells with fewer than :data:`LEAST` runs, in which no step can be seen."""
    return [series.cell for series in families if len(series) < LEAST]


def search(logs: Floats, cells: int, false: float = 0.05, chance: Null | None = None) -> list[list[Step]]:
    """The steps of series of one length, (series, runs), in a history of ``cells`` cells."""
    chance = chance or null(logs)
    clipped, deviation, _ = scanning.cleaned(logs)
    deviation = deviation * chance.inflation * chance.own
    z, _, _ = scanning.clearest(clipped, deviation, scanning.side(logs.shape[1]))
    found: list[list[Step]] = [[] for _ in logs]
    limit = false / cells
    for row in np.flatnonzero([chance.tail(float(value)) <= limit for value in z]):
        found[row] = _split(clipped[row], float(deviation[row]), chance, cells, limit)
    return found


def _split(clipped: Floats, deviation: float, chance: Null, cells: int, limit: float) -> list[Step]:
    """The steps of one series: the clearest, then those of both sides of it."""
    least = scanning.side(len(clipped))
    edges, open_ = [0, len(clipped)], [(0, len(clipped))]
    ps: dict[int, float] = {}
    while open_:
        start, end = open_.pop()
        if end - start < 2 * least:
            continue
        piece = clipped[start:end]
        (z,), (at,), (window,) = scanning.clearest(piece[None], np.array([deviation]), least)
        p = chance.tail(float(z))
        if p > limit or _slope(piece[max(0, at - window) : at + window], min(int(at), int(window))):
            continue
        at = start + _located(piece, int(at), int(window), least)
        ps[at] = min(1.0, p * cells)
        edges.append(at)
        open_ += [(start, at), (at, end)]
    edges.sort()
    return [_step(clipped, deviation, edges[k - 1 : k + 2], ps[edges[k]]) for k in range(1, len(edges) - 1)]


def _located(piece: Floats, at: int, window: int, least: int) -> int:
    """The position that parts a piece best, by squared distances to both levels: at least ``least`` from its ends.

    The means, since outliers are clipped: medians of so few runs are placed worse.
    """
    for _ in range(2):
        near = slice(max(0, at - window), at), slice(at, at + window)  # no wider: there may be other steps
        before, after = (float(np.mean(piece[one])) for one in near)
        cost = np.concatenate([[0.0], np.cumsum(np.square(piece - before) - np.square(piece - after))])
        low, high = max(least, near[0].start), min(len(piece) - least, near[1].stop)
        at = low + int(np.argmin(cost[low : high + 1]))
    return at


def _slope(piece: Floats, at: int) -> bool:
    """Whether a straight line describes ``piece`` better than a step at ``at``."""
    time = np.arange(len(piece)) - (len(piece) - 1) / 2
    centred = piece - piece.mean()
    line = float(np.square(centred - time * (time @ centred) / (time @ time)).sum())
    step = sum(float(np.square(side - side.mean()).sum()) for side in (piece[:at], piece[at:]))
    return line < step


def _step(clipped: Floats, deviation: float, edges: Sequence[int], p: float) -> Step:
    """A step with the runs from the step before it to the step after it."""
    before, after = clipped[edges[0] : edges[1]], clipped[edges[1] : edges[2]]
    change = float(after.mean() - before.mean())
    error = 1.96 * deviation * math.sqrt(1 / len(before) + 1 / len(after))
    return Step(int(edges[1]), math.exp(change), math.exp(change - error), math.exp(change + error), p)
