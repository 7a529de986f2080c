"""The series of cells over the runs of a history, with the drift of the machine taken out of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfsuite.history import drift
from perfsuite.history.model import Floats, Series, Stamp
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
    rivals: Mapping[str, Floats]  # cell -> logarithms of what its rivals did, where that tells something
    cut: Mapping[str, str]  # cell -> the run before which its work was another; earlier runs are left out
    apart: Mapping[str, int]  # cell -> its runs that are left out, because it was timed beside other rivals there


def measured(runs: Sequence[Brief], match: Callable[[Cell], bool]) -> Measured:
    """The series of the cells that ``match``, from ``runs`` in their order."""
    others = _elsewhere(runs)
    starts, cut, changed = _starts(runs)
    every = _collected(runs, others, starts)
    same = {one.cell for one in every if len(one) >= LEAST} - changed - cut.keys()
    wanted = {Cell.parse(one.cell).group for one in every if match(Cell.parse(one.cell))}
    groups = [one for one in every if Cell.parse(one.cell).group in wanted]
    raw = [one for one in groups if match(Cell.parse(one.cell))]
    controls = [one for one in every if one.cell in same]
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
    return Measured(raw, series, moved, _rivals(groups, same), left_out, apart)


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


def _rivals(series: Sequence[Series], same: Container[str]) -> dict[str, Floats]:
    """What the rivals of each cell did, by :func:`drift.rivals` in each group."""
    groups: defaultdict[object, list[Series]] = defaultdict(list)
    for one in series:
        groups[Cell.parse(one.cell).group].append(one)
    return {cell: moved for group in groups.values() for cell, moved in drift.rivals(group, same).items()}


def _starts(runs: Sequence[Brief]) -> tuple[dict[str, int], dict[str, str], set[str]]:
    """What changed in a cell from run to run.

    The position of the first run since which its work is what it is now; that run's id, where there are earlier ones;
    and the cells whose function changed, or is not known.
    """
    starts: dict[str, int] = {}
    work: dict[str, int] = {}
    source: dict[str, int] = {}
    cut: dict[str, str] = {}
    changed: set[str] = set()
    before: Brief | None = None
    for at, run in enumerate(runs):
        if before is None or (run.cells, run.work, run.source) != (before.cells, before.work, before.source):
            for cell, its_work, its_source in zip(run.cells, run.work, run.source, strict=True):
                starts.setdefault(cell, at)
                if work.setdefault(cell, its_work) != its_work:
                    work[cell], starts[cell], cut[cell] = its_work, at, run.run
                if source.setdefault(cell, its_source) != its_source or not its_source:
                    changed.add(cell)
        before = run
    return starts, cut, changed


def _collected(
    runs: Sequence[Brief], elsewhere: Mapping[tuple[str, Sequence[str]], Container[str]], starts: Mapping[str, int]
) -> list[Series]:
    """The series of all cells that have a run: without those before ``starts``, and those that are ``elsewhere``."""
    kinds: defaultdict[tuple[str, Sequence[str]], list[int]] = defaultdict(list)
    for at, run in enumerate(runs):
        kinds[_kind(run)].append(at)
    parts: defaultdict[str, list[tuple[NDArray[np.intp], Floats]]] = defaultdict(list)
    for kind, places in kinds.items():
        apart = elsewhere.get(kind, ())
        table = _table([runs[at] for at in places])
        its = np.array(places)
        for cell, launches in zip(kind[1], table, strict=True):
            if cell not in apart:
                kept = its >= starts[cell]
                parts[cell].append((its, launches) if kept.all() else (its[kept], launches[kept]))
    stamps = [Stamp(run.run, run.started, run.commit) for run in runs]
    shared: dict[bytes, tuple[Stamp, ...]] = {}
    found = []
    for cell, own in parts.items():
        those, launches = _joined(own)
        if len(those):
            if those.tobytes() not in shared:
                shared[those.tobytes()] = tuple(stamps[at] for at in those)
            of_cell = shared[those.tobytes()]
            found.append(Series(cell, of_cell, _medians(launches), launches))
    return found


def _table(runs: Sequence[Brief]) -> Floats:
    """The times of runs of the same cells, (cells, runs, launches), NaN where a run has fewer launches of a cell."""
    counts = np.array([run.launches for run in runs])
    known = np.arange(counts.max(initial=0)) < counts[:, :, None]
    table = np.full(known.shape, np.nan)
    table[known] = np.concatenate([np.frombuffer(run.medians) for run in runs])
    return np.ascontiguousarray(table.swapaxes(0, 1))


def _joined(parts: Sequence[tuple[NDArray[np.intp], Floats]]) -> tuple[NDArray[np.intp], Floats]:
    """The positions of the runs of a cell, and its times, in the order of the runs."""
    if len(parts) == 1:
        return parts[0]
    at = np.concatenate([places for places, _ in parts])
    most = max(launches.shape[1] for _, launches in parts)
    padded = [
        np.pad(launches, ((0, 0), (0, most - launches.shape[1])), constant_values=np.nan) for _, launches in parts
    ]
    order = np.argsort(at)
    return at[order], np.concatenate(padded)[order]


def _medians(launches: Floats) -> Floats:
    """The median of each row, of what is not NaN: that is sorted to the end."""
    ordered = np.sort(launches, axis=1)
    count = np.sum(~np.isnan(ordered), axis=1)
    rows = np.arange(len(ordered))
    return np.asarray((ordered[rows, (count - 1) // 2] + ordered[rows, count // 2]) / 2, dtype=np.float64)


def _roofs(runs: Sequence[Brief]) -> list[Series]:
    """The limits of the hardware as series: how long the same work takes."""
    found: defaultdict[str, list[tuple[Stamp, float]]] = defaultdict(list)
    for run in runs:
        for name, seconds in run.roofs.items():
            found[name].append((Stamp(run.run, run.started, run.commit), seconds))
    every = []
    for name, own in found.items():
        if len(own) >= LEAST:
            stamps, times = zip(*own, strict=True)
            every.append(Series(f"roof {name}", stamps, np.array(times), np.array(times)[:, None]))
    return every
