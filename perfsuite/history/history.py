"""A history as a whole: the runs, the cells in them, and what is suspected or confirmed of each."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from perfsuite.history import cells, confirming, detecting, drift, suspicions
from perfsuite.history.cells import Measured
from perfsuite.history.confirming import Pair
from perfsuite.history.model import Series
from perfsuite.history.runs import Runs
from perfsuite.history.suspicions import Anchor, Suspicion
from perfsuite.project import selecting

ORDER = ("slower", "faster", "suspected", "undecided", "refuted", "same commit", "no commit")  # as they are shown


@dataclass(frozen=True)
class Row:
    """One cell."""

    cell: str
    raw: Series
    series: Series  # without the drift of the machine, where that is used, or over the rivals' if a step is seen there
    since: float | None  # the last runs over the runs of the anchor; None without runs of it
    suspicions: tuple[Suspicion, ...]

    @property
    def state(self) -> str:
        """That of its change; "steady" without one, "few runs" where none could be seen."""
        few = "few runs" if len(self.series) < detecting.LEAST else "steady"
        return self.change.state if self.change else few

    @property
    def change(self) -> Suspicion | None:
        """The newest confirmed step, or the confirmed creep; else the newest of what is still most open."""
        confirmed = [one for one in self.suspicions if one.confirmed]
        if known := [one for one in confirmed if one.kind == "step"] or confirmed:
            return known[-1]
        return min(
            reversed(self.suspicions), key=lambda one: (ORDER.index(one.state), one.kind != "step"), default=None
        )


@dataclass(frozen=True)
class History:
    """The history of one kind of machine."""

    runs: Runs
    measured: Measured
    rows: Sequence[Row]  # confirmed changes first, then suspected ones, the largest first
    anchor: Anchor | None
    todo: Sequence[Pair]  # the comparisons that would decide what is only suspected
    forecast: tuple[float, float]  # seconds of these, and of the searches that may follow
    changes: Mapping[str, Sequence[str]] = field(default_factory=dict)  # run -> what differs beside the code

    def count(self, state: str) -> int:
        """How many suspicions are in ``state``."""
        return sum(one.state == state for row in self.rows for one in row.suspicions)


def of(runs: Runs, selection: str, results: Path, repository: Path, anchor: str = "") -> History:
    """The history of the cells in ``runs`` that a ``-k`` expression selects; "" selects all.

    Raises:
        ValueError: there is no run of the commit ``anchor``, or no run has such a cell.
    """
    found = cells.measured(runs.runs, matching(selection))
    if not found.raw:
        which = f"a cell that matches -k {selection!r}" if selection else "any cell"
        raise ValueError(f"no run of {runs.kind} has a time of {which}: see `list` for the cells")
    counted = {stamp.run for stamps in {series.stamps for series in found.raw} for stamp in stamps}
    since = suspicions.anchor(runs, counted, anchor)
    machine_class = runs.runs[-1].machine_class
    every = confirming.decided(suspicions.suspected(found, runs, since), results, machine_class, runs.commits)
    of_cell: defaultdict[str, list[Suspicion]] = defaultdict(list)
    place = {run.run: at for at, run in enumerate(runs.runs)}
    for one in sorted(every, key=lambda one: place[one.after]):
        of_cell[one.cell].append(one)
    rows = [
        Row(raw.cell, raw, _shown(series, of_cell[raw.cell], found), _since(series, since), tuple(of_cell[raw.cell]))
        for raw, series in zip(found.raw, found.series, strict=True)
    ]
    todo = confirming.pairs(every)
    return History(
        runs,
        found,
        sorted(rows, key=_importance),
        since,
        todo,
        confirming.forecast(todo, repository),
        suspicions.changes(runs.runs),
    )


def _shown(series: Series, suspected: Sequence[Suspicion], measured: Measured) -> Series:
    """The times in which the steps were seen: if that is beside rivals, without what these did in each run."""
    if not any(one.beside for one in suspected):
        return series
    moved = zip(series.stamps, measured.rivals[series.cell], strict=True)
    return drift.without(series, {stamp.run: math.exp(float(log)) for stamp, log in moved})


def matching(selection: str) -> selecting.Match:
    """The cells that a ``-k`` expression selects; "" selects all."""
    return selecting.expression(selection) if selection else lambda cell: True


def _since(series: Series, anchor: Anchor | None) -> float | None:
    """The median of the last runs after the anchor's over that of the anchor's; only to be shown, without an interval.

    ``None`` without a run of the anchor, or a later one.
    """
    of_anchor = [at for at, stamp in enumerate(series.stamps) if anchor and stamp.commit == anchor.commit]
    later = series.seconds[of_anchor[-1] + 1 :][-LAST:] if of_anchor else series.seconds[:0]
    return float(np.median(later) / np.median(series.seconds[of_anchor])) if len(later) else None


LAST = 3  # runs at the end that stand for now


def _importance(row: Row) -> tuple[int, float, str]:
    state = row.state
    size = row.change.ratio if row.change else 1.0
    last = len(ORDER) + (state == "few runs")
    return ORDER.index(state) if state in ORDER else last, -max(size, 1 / size), row.cell
