"""What the machine itself did between runs, from cells and roofs that did not change: one factor for each run.

The model: the time of a cell in a run is its usual time, times the factor of the run, times noise of its own. So a run
in which the memory was slower but not the arithmetic, for example, is described badly; :func:`removed` shows that.
What the machine did to one group of cells is told much better by that group: see :func:`rivals`.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from perfsuite.history.model import Series

ROUNDS = 20  # of the median polish; it has usually settled after three
CLEAR = 2.0  # standard errors beyond which a single run has its factor whatever the others have
FEWEST = 3  # controls of a run: with fewer the median is one control, with all of its noise
LESS = 0.9  # of its variation that a cell keeps beside its rivals, at most: two searches for little would find less
RIVALS = 3  # others of a group, at least: of fewer, one that became slower itself would decide


def factors(controls: Sequence[Series]) -> dict[str, float]:
    """For each run how many times longer than usual the same work took in it; 1 where that cannot be told from noise.

    A median polish (Tukey) of the logarithms: the median of the controls in each run, after each control's own median.
    The factors are then shrunk by their standard error, so that few or noisy controls do not add their noise to all
    cells.
    """
    runs = list(dict.fromkeys(point.run for series in controls for point in series.points))
    if not runs:
        return {}
    logs = _table(controls, runs)
    moved = np.zeros(len(runs))
    for _ in range(ROUNDS):
        rest = logs - moved
        rest -= np.nanmedian(rest, axis=1, keepdims=True)
        moved = moved + np.nanmedian(rest, axis=0)
        moved -= np.median(moved)
    rest = logs - moved
    rest -= np.nanmedian(rest, axis=1, keepdims=True)
    count = np.sum(~np.isnan(rest), axis=0)
    error = (
        1.2533 * 1.4826 * np.nanmedian(np.abs(rest)) / np.sqrt(np.maximum(count - 2, 1))
    )  # the median is near two of them
    usual = (1.4826 * float(np.median(np.abs(moved)))) ** 2  # drift in most runs
    own = np.square(moved)  # and a single run that stands out
    kept = np.maximum(1 - np.square(error) / (usual or 1), 1 - np.square(CLEAR * error) / np.where(own, own, 1))
    kept = np.clip(kept, 0, 1)  # positive-part James-Stein
    kept[count < FEWEST] = 0
    return {run: math.exp(float(log)) for run, log in zip(runs, moved * kept, strict=True)}


def without(series: Series, factors: Mapping[str, float]) -> Series:
    """``series`` with the times and launches of each run divided by its factor; a run without one stays as it is."""
    points = tuple(
        point._replace(
            seconds=point.seconds / factors[point.run],
            launches=tuple(launch / factors[point.run] for launch in point.launches),
        )
        if factors.get(point.run, 1.0) != 1
        else point
        for point in series.points
    )
    return replace(series, points=points)


def removed(families: Sequence[Series], factors: Mapping[str, float]) -> float:
    """The share of the variance between neighbouring runs that :func:`without` removes; below 0 if it adds some.

    The median over ``families`` of at least three runs, each from the median of the absolute differences of its
    neighbouring runs, so that neither steps nor outliers count. The controls themselves should not be among them.
    """
    shares = []
    for series in families:
        logs = series.logs
        moved = np.log([factors.get(point.run, 1.0) for point in series.points])
        before, after = (_jump(one) if len(one) > 2 else 0.0 for one in (logs, logs - moved))
        if before:
            shares.append(1 - (after / before) ** 2)
    return float(np.median(shares)) if shares else 0.0


def rivals(group: Sequence[Series], same: Container[str]) -> dict[str, NDArray[np.float64]]:
    """For each cell that varies less beside its rivals: the logarithm of what these did in each of its runs.

    The cells of a ``group`` are timed in turns in the same processes, so what the machine does to one, such as where
    its memory lies, it does to most of them. The rivals of a cell are the others that have all of its runs and are
    among the ``same``, whose function did not change. What they did in a run is the median of their logarithms, each
    after its own median. A change that concerns most cells of a group cannot be seen beside rivals.
    """
    times = {series.cell: {point.run: point.seconds for point in series.points} for series in group}
    known: dict[tuple[str, ...], dict[str, NDArray[np.float64]]] = {}  # runs -> the cells that have all of them
    found = {}
    for series in group:
        runs = tuple(times[series.cell])
        if len(runs) < FEWEST:
            continue
        if runs not in known:
            whole = {cell: its for cell, its in times.items() if its.keys() >= times[series.cell].keys()}
            logs = {cell: np.log([its[run] for run in runs]) for cell, its in whole.items()}
            known[runs] = {cell: own - np.median(own) for cell, own in logs.items()}
        others = [moved for cell, moved in known[runs].items() if cell != series.cell and cell in same]
        if len(others) < RIVALS:
            continue
        moved = np.median(others, axis=0)
        own = known[runs][series.cell]
        if _jump(own - moved) < LESS * _jump(own):
            found[series.cell] = np.asarray(moved, dtype=np.float64)
    return found


def _jump(logs: NDArray[np.float64]) -> float:
    """The usual difference of neighbouring runs."""
    return float(np.median(np.abs(np.diff(logs))))


def _table(controls: Sequence[Series], runs: Sequence[str]) -> NDArray[np.float64]:
    """Logarithms of the times, (controls, runs), NaN where a control is missing."""
    position = {run: at for at, run in enumerate(runs)}
    logs = np.full((len(controls), len(runs)), np.nan)
    for row, series in enumerate(controls):
        for point in series.points:
            logs[row, position[point.run]] = math.log(point.seconds)
    known: NDArray[np.bool_] = ~np.isnan(logs).all(axis=1)
    return np.asarray(logs[known], dtype=np.float64)
