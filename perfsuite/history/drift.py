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

from perfsuite.history.model import Floats, Series, Stamp

ROUNDS = 20  # of the median polish, at most; it has usually settled after three
SETTLED = 1e-5  # the largest change of a logarithm in a round, from which on no more are needed
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
    kinds = dict.fromkeys(series.stamps for series in controls)
    runs = list(dict.fromkeys(stamp.run for stamps in kinds for stamp in stamps))
    if not runs:
        return {}
    logs = _table(controls, runs)
    median = np.nanmedian if np.isnan(logs).any() else np.median  # which is three times as fast
    moved = np.zeros(len(runs))
    for _ in range(ROUNDS):
        rest = logs - moved
        rest -= median(rest, axis=1, keepdims=True)
        more = median(rest, axis=0)
        more -= np.median(moved + more)
        moved = moved + more
        if np.abs(more).max() < SETTLED:
            break
    rest = logs - moved
    rest -= median(rest, axis=1, keepdims=True)
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
    own = _of(series.stamps, factors)
    return replace(series, seconds=series.seconds / own, launches=series.launches / own[:, None])


def _of(stamps: Sequence[Stamp], factors: Mapping[str, float]) -> Floats:
    """The factor of each run, 1 where it has none."""
    return np.array([factors.get(stamp.run, 1.0) for stamp in stamps])


def removed(families: Sequence[Series], factors: Mapping[str, float]) -> float:
    """The share of the variance between neighbouring runs that :func:`without` removes; below 0 if it adds some.

    The median over ``families`` of at least three runs, each from the median of the absolute differences of its
    neighbouring runs, so that neither steps nor outliers count. The controls themselves should not be among them.
    """
    shares = []
    for series in families:
        logs = series.logs
        moved = np.log(_of(series.stamps, factors))
        before, after = (_jump(one) if len(one) > 2 else 0.0 for one in (logs, logs - moved))
        if before:
            shares.append(1 - (after / before) ** 2)
    return float(np.median(shares)) if shares else 0.0


def rivals(group: Sequence[Series], same: Container[str]) -> dict[str, Floats]:
    """For each cell that varies less beside its rivals: the logarithm of what these did in each of its runs.

    The cells of a ``group`` are timed in turns in the same processes, so what the machine does to one, such as where
    its memory lies, it does to most of them. The rivals of a cell are the others that have all of its runs and are
    among the ``same``, whose function did not change. What they did in a run is the median of their logarithms, each
    after its own median. A change that concerns most cells of a group cannot be seen beside rivals.
    """
    known: dict[tuple[Stamp, ...], dict[str, Floats]] = {}  # runs -> the cells that have all of them
    found = {}
    for series in group:
        if len(series) < FEWEST:
            continue
        if series.stamps not in known:
            whole = {one.cell: logs for one in group if (logs := _in(one, series.stamps)) is not None}
            known[series.stamps] = {cell: logs - np.median(logs) for cell, logs in whole.items()}
        others = [moved for cell, moved in known[series.stamps].items() if cell != series.cell and cell in same]
        if len(others) < RIVALS:
            continue
        moved = np.median(others, axis=0)
        own = known[series.stamps][series.cell]
        if _jump(own - moved) < LESS * _jump(own):
            found[series.cell] = np.asarray(moved, dtype=np.float64)
    return found


def _in(series: Series, stamps: tuple[Stamp, ...]) -> Floats | None:
    """The logarithms of the times in these runs; ``None`` without one of them."""
    if series.stamps == stamps:
        return series.logs
    place = {stamp: at for at, stamp in enumerate(series.stamps)}
    return series.logs[[place[stamp] for stamp in stamps]] if place.keys() >= set(stamps) else None


def _jump(logs: Floats) -> float:
    """The usual difference of neighbouring runs."""
    return float(np.median(np.abs(np.diff(logs))))


def _table(controls: Sequence[Series], runs: Sequence[str]) -> Floats:
    """Logarithms of the times, (controls, runs), NaN where a control is missing."""
    position = {run: at for at, run in enumerate(runs)}
    places: dict[tuple[Stamp, ...], list[int]] = {}
    logs = np.full((len(controls), len(runs)), np.nan)
    for row, series in enumerate(controls):
        if series.stamps not in places:
            places[series.stamps] = [position[stamp.run] for stamp in series.stamps]
        logs[row, places[series.stamps]] = series.logs
    known: NDArray[np.bool_] = ~np.isnan(logs).all(axis=1)
    return np.asarray(logs[known], dtype=np.float64)
