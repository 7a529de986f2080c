"""The sources' figures beside ours, as speed-ups over one rung: their machine differs, the ladder may not."""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks import estimates
from benchmarks.cell import Cell
from benchmarks.estimates import Estimate
from benchmarks.record import Problem, Record, Run


@dataclass(frozen=True)
class Rung:
    """One variant's speed-up over the base, as published and as measured here."""

    variant: str
    published: tuple[float, ...]  # one for each source that gives both times, smallest first
    here: Estimate | None  # None where there is no time
    status: str  # of the measured cell; "" where the run has none

    @property
    def verdict(self) -> str:
        """How the measured interval lies to the range of the published figures; "" where nothing can be said."""
        if self.here is None or self.here.launches < 2 or not self.published:
            return ""
        if self.here.high < self.published[0]:
            return "less than published"
        return "more than published" if self.here.low > self.published[-1] else "as published"


@dataclass(frozen=True)
class Ladder:
    """The published variants of one component over one of them."""

    problem: Problem
    base: str  # the baseline; the first published variant with a time where that has none
    rungs: tuple[Rung, ...]


def ladder(problem: Problem, run: Run) -> Ladder | None:
    """The published ladder of ``problem`` with what was measured on its case: CPU, one thread, warm caches, eager.

    Published figures of one source stand at the same position of each tuple; a source without a figure holds nan
    there. Where two tuples are not of one length the sources cannot be told apart, and each is set against each.
    ``None`` where nothing is published or nothing of it was to be measured.
    """
    by_cell = {record.cell: record for record in run.records}
    names = [variant.name for variant in problem.variants if variant.name in problem.published]
    cells = {name: str(Cell(problem.name, name, "eager", "cpu", problem.published_case, "1")) for name in names}
    records = {name: by_cell[cell] for name, cell in cells.items() if cell in by_cell}
    if not records:
        return None
    candidates = dict.fromkeys([problem.baseline, *names])
    base = next((name for name in candidates if _timed(records.get(name))), problem.baseline)
    return Ladder(problem, base, tuple(_rung(problem, name, base, records) for name in names if name != base))


def _timed(record: Record | None) -> bool:
    return record is not None and record.status == "ok" and estimates.seconds(record) is not None


def _rung(problem: Problem, name: str, base: str, records: dict[str, Record]) -> Rung:
    published = _speedups(problem.published.get(base, ()), problem.published[name])
    record, under = records.get(name), records.get(base)
    both = record is not None and under is not None and _timed(record) and _timed(under)
    here = estimates.ratio(under, record) if both and under and record else None
    return Rung(name, published, here, record.status if record else "")


def _speedups(base: tuple[float, ...], times: tuple[float, ...]) -> tuple[float, ...]:
    alike = len(base) == len(times)
    pairs = zip(base, times, strict=True) if alike else ((theirs, ours) for theirs in base for ours in times)
    return tuple(sorted(theirs / ours for theirs, ours in pairs if _given(theirs) and _given(ours)))


def _given(value: float | None) -> bool:
    """Whether a source gives a time: JSON has no nan, so a gap comes back as None."""
    return value is not None and math.isfinite(value) and value > 0
