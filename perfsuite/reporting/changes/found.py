"""What changed between two records: every cell that both timed, with an interval, and all that makes it uncertain."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from perfsuite.model import estimates
from perfsuite.model.estimates import Estimate
from perfsuite.model.record import Record, Run
from perfsuite.reporting.changes import drift, facts

VERDICTS = ("slower", "faster", "unclear", "other work")  # in the order in which they are shown
CHANCE = 0.01  # with a larger probability of a false verdict there is none: too few launches
WORK = ("flops", "bytes", "dtype", "size")  # what a component declares of a cell's work


@dataclass(frozen=True)
class Change:
    """A cell that both runs timed."""

    cell: str
    verdict: str
    why: str  # of a verdict that is not "slower" or "faster"
    old: Estimate  # seconds per call
    new: Estimate
    ratio: Estimate  # new over old
    drift: (
        float | None
    )  # a change by less than this factor means nothing; None: nothing tells how far the machine moved
    same: bool  # whether the function, the component and the packages are the same: the cell is a control


@dataclass(frozen=True)
class Changes:
    """Two runs on one class of machine, and what is different."""

    old: Run
    new: Run
    rows: tuple[Change, ...]  # slower, faster, unclear, other work; the largest change of each first
    machine: tuple[facts.Difference, ...]
    environment: tuple[facts.Difference, ...]
    roofs: tuple[drift.Moved, ...]
    controls: tuple[drift.Controls, ...]  # for each device; none if the environment differs
    statuses: tuple[tuple[Record, Record], ...]  # cells of both records that only one of them timed, or none
    lost: tuple[Record, ...]  # cells of the old record alone
    gained: tuple[Record, ...]  # cells of the new record alone
    confirm: str = ""  # the command that compares the two commits
    unconfirmed: str = ""  # why there is none

    def count(self, verdict: str) -> int:
        """How many cells have this verdict."""
        return sum(row.verdict == verdict for row in self.rows)

    @property
    def swapped(self) -> bool:
        """Whether the old run was made after the new one."""
        return self.old.started > self.new.started

    @property
    def by_chance(self) -> float:
        """How many intervals exclude 1 on average if nothing changed and all launches are independent."""
        return sum(estimates.chance(row.new.launches, row.old.launches) for row in self._judged)

    @property
    def excluded(self) -> int:
        """How many intervals exclude 1, beyond the drift or not."""
        return sum(row.ratio.low > 1 or row.ratio.high < 1 for row in self._judged)

    @property
    def _judged(self) -> list[Change]:
        return [row for row in self.rows if row.verdict != "other work"]


def between(old: Run, new: Run) -> Changes:
    """What changed from ``old`` to ``new``.

    Raises:
        ValueError: it is the same run, their machines are of different classes, or they have no cell in common.
    """
    if old.run == new.run:
        raise ValueError(f"both records are of run {new.run}: name two different runs")
    if old.machine_class != new.machine_class:
        what = facts.classes(old, new)
        raise ValueError(
            f"{old.machine_class} and {new.machine_class} are different kinds of machine"
            + f" ({what})" * bool(what)
            + ": compare records of one kind"
        )
    before = {record.cell: record for record in old.records}
    after = {record.cell: record for record in new.records}
    both = [(before[cell], record) for cell, record in after.items() if cell in before]
    if not both:
        names = (next((problem.name for problem in run.problems), "no component") for run in (old, new))
        told = " and ".join(f"run {run.run} has {name}" for run, name in zip((old, new), names, strict=True))
        raise ValueError(f"the records have no cell in common ({told}, ...): compare runs of the same cells")
    others = facts.environment(old, new)
    moved = drift.roofs(old, new)
    timed = [(was, now) for was, now in both if was.status == now.status == "ok"]
    same = {now.cell for was, now in timed if not others and _same(was, now, old, new)}
    controls = _controls(timed, same)
    rows = [_change(was, now, old, new, moved, controls, now.cell in same) for was, now in timed]
    return Changes(
        old,
        new,
        tuple(sorted(rows, key=_order)),
        facts.machine(old, new),
        others,
        moved,
        tuple(controls.values()),
        tuple(pair for pair in both if pair[0].status != pair[1].status),
        tuple(record for cell, record in before.items() if cell not in after),
        tuple(record for cell, record in after.items() if cell not in before),
    )


def _order(row: Change) -> tuple[int, float]:
    return VERDICTS.index(row.verdict), -abs(math.log(row.ratio.value))


def _same(was: Record, now: Record, old: Run, new: Run) -> bool:
    """Whether the function and the component are the same in both records; a helper of the function may still differ.

    Without a tree that is the same as a whole, the record tells no more than this.
    """
    if _other_work(was, now, old, new):
        return False
    return old.tree == new.tree or _source(was, old) == _source(now, new) != ""


def _source(record: Record, run: Run) -> str:
    """The hash of the cell's function; "" if the record does not have it."""
    variants = run.problem(record.key.component).variants
    return next((one.hash for one in variants if one.name == record.key.variant), "")


def _other_work(was: Record, now: Record, old: Run, new: Run) -> str:
    """In what the declared work of the cell differs; "" if it is the same."""
    for name in WORK:
        if getattr(was, name) != getattr(now, name):
            return f"{name} {getattr(was, name)} and {getattr(now, name)}"
    versions = [run.problem(now.key.component).version for run in (old, new)]
    return f"version {versions[0]} and {versions[1]} of the component" if versions[0] != versions[1] else ""


def _controls(timed: list[tuple[Record, Record]], same: set[str]) -> dict[str, drift.Controls]:
    ratios: defaultdict[str, list[float]] = defaultdict(list)
    for was, now in timed:
        if now.cell in same:
            ratios[now.key.device].append(_ratio(was, now)[2].value)
    return {device: drift.controls(device, found) for device, found in ratios.items()}


def _ratio(was: Record, now: Record) -> tuple[Estimate, Estimate, Estimate]:
    before, after = estimates.seconds(was), estimates.seconds(now)
    assert before and after  # an ok cell has samples
    return before, after, estimates.apart(after, before)


def _change(
    was: Record,
    now: Record,
    old: Run,
    new: Run,
    moved: tuple[drift.Moved, ...],
    controls: Mapping[str, drift.Controls],
    same: bool,
) -> Change:
    before, after, ratio = _ratio(was, now)
    control = controls.get(now.key.device)
    known = [one for one in (drift.of_floor(now, old, new, moved), control.most if control else None) if one]
    least = max(known, default=None)
    verdict, why = _verdict(ratio, least, _other_work(was, now, old, new), before, after)
    return Change(now.cell, verdict, why, before, after, ratio, least, same)


def _verdict(ratio: Estimate, least: float | None, other: str, before: Estimate, after: Estimate) -> tuple[str, str]:
    """``(verdict, why)``: a change is told only if its whole interval is beyond the drift."""
    if other:
        return "other work", other
    if estimates.chance(after.launches, before.launches) > CHANCE:
        return "unclear", f"too few launches: {before.launches} and {after.launches}"
    if least is None:
        return "unclear", "neither a roof nor a control tells how far the machine moved"
    if ratio.low > least:
        return "slower", ""
    if ratio.high < 1 / least:
        return "faster", ""
    return "unclear", "the interval contains 1" if ratio.low <= 1 <= ratio.high else "within the drift"
