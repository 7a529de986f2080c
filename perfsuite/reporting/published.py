"""The sources' figures beside ours, as speed-ups over one rung: the machines differ, the ladder should not."""

from __future__ import annotations

import math
from dataclasses import dataclass

from perfsuite.model import estimates
from perfsuite.model.cell import Cell
from perfsuite.model.estimates import Estimate
from perfsuite.model.record import Problem, Record, Run


@dataclass(frozen=True)
class Rung:
    """One variant's speed-up over the base, as published and as measured here."""

    variant: str
    published: tuple[float, ...]  # one for each source that gives both times, smallest first
    here: Estimate | None  # None where there is no time
    status: str  # of the measured cell; "" where the run has none
    case: str = ""  # the case of ``here``, if not the published one, which takes too long

    @property
    def verdict(self) -> str:
        """How the measured interval compares with the published range; "" if that cannot be decided."""
        if self.here is None or self.here.launches < 2 or not self.published or self.case:
            return ""
        if self.here.high < self.published[0]:
            return "less than published"
        return "more than published" if self.here.low > self.published[-1] else "as published"


@dataclass(frozen=True)
class Ladder:
    """The speed-ups of a component's published variants over one of them."""

    problem: Problem
    base: str  # the baseline; the first published variant with a time where that has none
    rungs: tuple[Rung, ...]


def ladder(problem: Problem, run: Run) -> Ladder | None:
    """The published ladder of ``problem`` with what was measured on its case: CPU, one thread, warm caches, eager.

    Published figures of one source are at the same index of each tuple; nan marks a source without a figure. If two
    tuples differ in length, their sources cannot be matched, and every pair of figures is compared. A variant
    that is not measured at that case is shown at the first other case with a time for it and the base. ``None`` where
    no two published variants can be compared, or none of them was selected.
    """
    names = [variant.name for variant in problem.variants if variant.name in problem.published]
    records = _records(problem, run, problem.published_case)
    if not any(name in records for name in names):
        return None
    candidates = dict.fromkeys([problem.baseline, *names])
    base = next((name for name in candidates if _timed(records.get(name))), problem.baseline)
    rungs = tuple(_rung(problem, name, base, run) for name in names if name != base)
    return Ladder(problem, base, rungs) if rungs else None


def _records(problem: Problem, run: Run, case: str) -> dict[str, Record]:
    """The records of one case, by variant."""
    cells = {str(Cell(problem.name, one.name, "eager", "cpu", case, "1")): one.name for one in problem.variants}
    return {name: run.by_cell[cell] for cell, name in cells.items() if cell in run.by_cell}


def _timed(record: Record | None) -> bool:
    return record is not None and record.status == "ok" and estimates.seconds(record) is not None


def _rung(problem: Problem, name: str, base: str, run: Run) -> Rung:
    published = _speedups(problem.published.get(base, ()), problem.published[name])
    for case in dict.fromkeys([problem.published_case, *problem.cases]):
        records = _records(problem, run, case)
        at = "" if case == problem.published_case else case
        if (record := records.get(name)) and (under := records.get(base)) and _timed(record) and _timed(under):
            return Rung(name, published, estimates.ratio(under, record), record.status, at)
        if record and not at:  # selected at the published case, but it or the base has no time
            return Rung(name, published, None, record.status)
    return Rung(name, published, None, "")


def _speedups(base: tuple[float, ...], times: tuple[float, ...]) -> tuple[float, ...]:
    alike = len(base) == len(times)
    pairs = zip(base, times, strict=True) if alike else ((theirs, ours) for theirs in base for ours in times)
    return tuple(sorted(theirs / ours for theirs, ours in pairs if _given(theirs) and _given(ours)))


def _given(value: float | None) -> bool:
    """Whether a source gives a time: JSON has no nan, so a gap comes back as None."""
    return value is not None and math.isfinite(value) and value > 0
