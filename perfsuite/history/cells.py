"""The series of cells over the runs of a history, with the drift of the machine taken out of them."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, repeat

import numpy as np
from numpy.typing import NDArray

from perfsuite.history import drift
from perfsuite.history.model import Point, Series
from perfsuite.model.cell import Cell
from perfsuite.records.brief import Brief

# The functions of control cells did not change, but something that they call may have. Many cells of several components
# are not slowed down together by one commit, so only then are they controls.
CELLS, COMPONENTS = 10, 3
LEAST = 3  # runs, before anything of the machine is seen


@dataclass(frozen=True)
class Drift:
    """What the machine did between the runs."""

    factors: Mapping[str, float]  # run -> how many times longer the same work took
    roofs: int  # series it was taken from: limits of the hardware
    controls: int  # and cells whose function did not change
    removed: float  # the share of the variance between runs that goes with it

    @property
    def used(self) -> bool:
        """Whether it was taken out of the times: only where they vary less without it."""
        return self.removed > 0


@dataclass(frozen=True)
class Measured:
    """The cells of a history."""

    raw: Sequence[Series]
    series: Sequence[Series]  # without the drift, if that is used; in the order of ``raw``
    drift: Drift
    rivals: Mapping[str, NDArray[np.float64]]  # cell -> logarithms of what its rivals did, where that tells something
    cut: Mapping[str, str]  # cell -> the run before which its work was another; earlier runs are left out
    apart: Mapping[str, int]  # cell -> its runs that are left out, because it was timed beside other rivals there


def measured(runs: Sequence[Brief], match: Callable[[Cell], bool]) -> Measured:
    """The series of the cells that ``match``, from ``runs`` in their order."""
    others = _elsewhere(runs)
    every, cut, same = _collected(runs, others)
    wanted = {Cell.parse(cell).group for cell in every if match(Cell.parse(cell))}
    groups = [Series(cell, tuple(points)) for cell, points in every.items() if Cell.parse(cell).group in wanted]
    raw = [one for one in groups if match(Cell.parse(one.cell))]
    controls = [Series(cell, tuple(every[cell])) for cell in same]
    if len(controls) < CELLS or len({one.cell.partition("/")[0] for one in controls}) < COMPONENTS:
        controls = []
    roofs = _roofs(runs)
    found = drift.factors([*roofs, *controls]) if roofs or controls else {}
    removed = drift.removed(raw, found) if found else 0.0
    moved = Drift(found, len(roofs), len(controls), removed)
    if moved.used:
        groups = [drift.without(one, found) for one in groups]
    series = [one for one in groups if match(Cell.parse(one.cell))]
    left_out = {cell: run for cell, run in cut.items() if match(Cell.parse(cell))}
    apart = Counter(cell for run in runs for cell in others.get(_kind(run), ()) if match(Cell.parse(cell)))
    return Measured(raw, series, moved, _rivals(groups, frozenset(same)), left_out, apart)


def _kind(run: Brief) -> tuple[str, Sequence[str]]:
    return run.selection, tuple(run.cells)


def _elsewhere(runs: Sequence[Brief]) -> dict[tuple[str, Sequence[str]], frozenset[str]]:
    """For each selection, and the cells that it has timed: those whose times there are not comparable with later ones.

    The same function takes another time beside other rivals, in the same processes. So of a cell only those runs
    count with the selection of its newest run, or in which it had the same rivals.
    """
    kinds = dict.fromkeys(map(_kind, reversed(runs)))
    if len({selection for selection, _ in kinds}) < 2:
        return {}
    newest: dict[str, tuple[str, frozenset[str]]] = {}
    found = {}
    for selection, timed in kinds:
        groups: defaultdict[object, set[str]] = defaultdict(set)
        for cell in timed:
            groups[Cell.parse(cell).group].add(cell)
        beside = {cell: frozenset(group) for group in groups.values() for cell in group}
        for cell, its in beside.items():
            newest.setdefault(cell, (selection, its))
        found[selection, timed] = frozenset(
            cell for cell, its in beside.items() if newest[cell][0] != selection and newest[cell][1] != its
        )
    return {kind: cells for kind, cells in found.items() if cells}


def _rivals(series: Sequence[Series], same: Container[str]) -> dict[str, NDArray[np.float64]]:
    """What the rivals of each cell did, by :func:`drift.rivals` in each group."""
    groups: defaultdict[object, list[Series]] = defaultdict(list)
    for one in series:
        groups[Cell.parse(one.cell).group].append(one)
    return {cell: moved for group in groups.values() for cell, moved in drift.rivals(group, same).items()}


def _collected(
    runs: Sequence[Brief], elsewhere: Mapping[tuple[str, Sequence[str]], frozenset[str]]
) -> tuple[dict[str, list[Point]], dict[str, str], list[str]]:
    """The points of each cell since its work was what it is now, the runs where it changed, and the control cells."""
    points: defaultdict[str, list[Point]] = defaultdict(list)
    work: dict[str, int] = {}
    source: dict[str, int] = {}
    changed: set[str] = set()
    cut: dict[str, str] = {}
    before: Brief | None = None
    for run in runs:
        if before is None or (run.cells, run.work, run.source) != (before.cells, before.work, before.source):
            for cell, its_work, its_source in zip(run.cells, run.work, run.source, strict=True):
                if work.setdefault(cell, its_work) != its_work:
                    work[cell], cut[cell] = its_work, run.run
                    points[cell].clear()
                if source.setdefault(cell, its_source) != its_source or not its_source:
                    changed.add(cell)
        before = run
        apart = elsewhere.get(_kind(run), frozenset()) if elsewhere else frozenset()
        of_run = repeat(run.run), repeat(run.started), repeat(run.commit)
        for cell, point in zip(run.cells, map(Point, *of_run, *_times(run)), strict=True):
            if cell not in apart:
                points[cell].append(point)
    same = [cell for cell in points if cell not in changed and cell not in cut and len(points[cell]) >= LEAST]
    return dict(points), cut, same


def _times(run: Brief) -> tuple[list[float], list[Sequence[float]]]:
    """Seconds per call of each cell, and those of its launches."""
    ends = list(accumulate(run.launches, initial=0))
    launches: list[Sequence[float]] = [run.medians[start:end] for start, end in pairwise(ends)]
    if len(set(run.launches)) == 1:  # all at once, because a large history has a million of them
        return np.median(np.frombuffer(run.medians).reshape(-1, run.launches[0]), axis=1).tolist(), launches
    return list(map(statistics.median, launches)), launches


def _roofs(runs: Sequence[Brief]) -> list[Series]:
    """The limits of the hardware as series: how long the same work takes."""
    found: defaultdict[str, list[Point]] = defaultdict(list)
    for run in runs:
        for name, seconds in run.roofs.items():
            found[name].append(Point(run.run, run.started, run.commit, seconds, (seconds,)))
    return [Series(f"roof {name}", tuple(points)) for name, points in found.items() if len(points) >= LEAST]
