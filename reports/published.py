"""The sources' figures beside ours, as speed-ups over the baseline: their machine differs, the ladder may not."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from benchmarks.record import Problem


@dataclass(frozen=True)
class Rung:
    """One variant's speed-up over the baseline, as published and as measured here."""

    variant: str
    published: tuple[float, ...]  # one for each source that gives both times, smallest first
    value: float | None  # measured; None where there is no time
    low: float | None
    high: float | None
    status: str  # of the measured cell; "" where the run has none

    @property
    def verdict(self) -> str:
        """How the measured interval lies to the range of the published figures."""
        if self.value is None or self.low is None or self.high is None or not self.published:
            return ""
        if self.high < self.published[0]:
            return "less than published"
        return "more than published" if self.low > self.published[-1] else "as published"


def rungs(problem: Problem, frame: pd.DataFrame) -> tuple[Rung, ...]:
    """The published ladder of ``problem`` with what was measured on its case: CPU, one thread, warm caches, eager.

    Published figures of one source stand at the same position of each tuple; a source without a figure holds nan
    there. Where the tuples are not of one length the sources cannot be told apart, and each is set against each.
    """
    cells = frame[
        (frame["component"] == problem.name)
        & (frame["case"] == problem.published_case)
        & (frame["device"] == "cpu")
        & (frame["threads"] == "1")
        & ~frame["cold"]
        & (frame["executor"] == "eager")
    ].set_index("variant")
    base = problem.published.get(problem.baseline, ())
    return tuple(
        _rung(variant, _speedups(base, problem.published[variant]), cells)
        for variant in (variant.name for variant in problem.variants)
        if variant in problem.published and variant != problem.baseline
    )


def _speedups(base: tuple[float, ...], times: tuple[float, ...]) -> tuple[float, ...]:
    alike = len(base) == len(times)
    pairs = zip(base, times, strict=True) if alike else ((theirs, ours) for theirs in base for ours in times)
    return tuple(sorted(theirs / ours for theirs, ours in pairs if _time(theirs) and _time(ours)))


def _time(value: float | None) -> bool:
    """Whether a source gives a time: JSON has no nan, so a gap comes back as None."""
    return value is not None and math.isfinite(value) and value > 0


def _rung(variant: str, published: tuple[float, ...], cells: pd.DataFrame) -> Rung:
    if variant not in cells.index:
        return Rung(variant, published, None, None, None, "")
    row = cells.loc[variant]
    if not row["ratio"] > 0:
        return Rung(variant, published, None, None, None, str(row["status"]))
    return Rung(variant, published, 1 / row["ratio"], 1 / row["ratio_high"], 1 / row["ratio_low"], str(row["status"]))
