"""A run with very many cells on one terminal page: each component's extremes, what failed, and the slowest cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from perfsuite.model.printable import REASON, cut, visible
from perfsuite.model.record import REFUSED, Problem, Record, Run
from perfsuite.reporting import ledger, units
from perfsuite.reporting.missing import gaps
from perfsuite.reporting.text.grid import Column, draw
from perfsuite.reporting.text.ink import BOLD, DIM, RED, Paint, wrapped
from perfsuite.reporting.view import View, threads

COMPONENTS = 26  # lines for components, and for other lists that may be long:
FAILURES = 6
REASONS = 5
SLOWEST = 5
COLUMNS = (
    Column("component", right=False),
    Column("case", right=False, rank=2),
    Column("variants", rank=3),
    Column("fastest", right=False),
    Column("time", rank=1),
    Column("slowest", right=False),
    Column("× best"),
)


@dataclass(frozen=True)
class Extremes:
    """The fastest and the slowest variant of one component, at its leading case."""

    problem: Problem
    where: str
    ways: int
    fastest: str
    seconds: float
    slowest: str
    times: float  # how many times longer the slowest takes; 1 if there is only one variant

    @property
    def family(self) -> str:
        """The part of the component's name before the dot."""
        return self.problem.name.partition(".")[0]


def extremes(run: Run, table: pd.DataFrame) -> list[Extremes]:
    """One for each component that has a time, in the run's order, at the case that its page opens with."""
    whole = View(run, table, run.problems)
    found = []
    for problem in run.problems:
        group = whole.of(problem).lead()
        if group is None:
            continue
        timed = group[group["seconds"].notna()].sort_values("seconds")
        first, last = timed.iloc[0], timed.iloc[-1]
        where = first["case"] + f" {first['device']}" * (first["device"] != "cpu")
        where += f" {threads(first['threads'])}" * (first["threads"] != "1") + " cold" * bool(first["cold"])
        slowest = last["way"] if len(timed) > 1 else ""
        found.append(Extremes(problem, where, len(timed), first["way"], first["seconds"], slowest, last["times_best"]))
    return found


def chosen(found: Sequence[Extremes], most: int = COMPONENTS) -> list[Extremes]:
    """At most ``most``, in their order: the one with the largest ratio of each family, then the next largest of any."""
    farthest = sorted(found, key=lambda one: -one.times)
    rank = {id(one): sum(other.family == one.family for other in farthest[:at]) for at, one in enumerate(farthest)}
    kept = {id(one) for one in sorted(farthest, key=lambda one: rank[id(one)] > 0)[:most]}
    return [one for one in found if id(one) in kept]


def blocks(run: Run, table: pd.DataFrame, width: int, paint: Paint) -> Iterator[list[str]]:
    """The page, below its title."""
    yield _components(extremes(run, table), width, paint)
    yield failures(run.records, width, paint)
    yield _reasons(table, width, paint)
    yield ledger.short(run, width, paint)
    yield slowest(run, paint, SLOWEST)


def _components(found: Sequence[Extremes], width: int, paint: Paint) -> list[str]:
    if not found:
        return []
    shown = chosen(found)
    rows = [
        [
            visible(one.problem.name),
            visible(one.where),
            str(one.ways),
            visible(one.fastest),
            units.time(one.seconds),
            visible(one.slowest),
            units.digits(one.times) if one.slowest else "",
        ]
        for one in shown
    ]
    title, *drawn = draw(COLUMNS, rows, width)
    heads = [paint("The fastest and the slowest variant of each component", BOLD), paint(title, DIM)]
    rest = [one for one in found if one not in shown]
    if not rest:
        return [*heads, *drawn]
    heads[0] = paint(f"The fastest and the slowest variant of {len(shown)} of {len(found)} components", BOLD)
    heads[0] += "  those with the largest ratio, some of each family"
    apart = [one.times for one in rest]
    more = f"{len(rest)} more, whose slowest variants take {units.span((min(apart), max(apart)))} the time"
    return [*heads, *drawn, paint(more, DIM)]


def failures(records: Sequence[Record], width: int, paint: Paint, most: int = FAILURES) -> list[str]:
    """The cells that failed, a line or two each."""
    failed = [record for record in records if record.status in REFUSED]
    if not failed:
        return []
    lines = [paint("Failed", BOLD) + f"  {len(failed)} cell{'s' * (len(failed) > 1)}"]
    for record in failed[:most]:
        lines += wrapped(f"! {told(record)}", width, paint, RED, most=2)
    rest = len(failed) - most
    return [*lines, paint(f"and {rest} more", RED)] if rest > 0 else lines


def told(record: Record) -> str:
    """A cell that failed, and why, in one line."""
    return visible(f"{record.status}: {cut(record.cell, REASON)}: {cut(record.reason, REASON)}")


def _reasons(table: pd.DataFrame, width: int, paint: Paint) -> list[str]:
    """Why other cells have no time."""
    others = [gap for gap in gaps(table) if gap.status not in REFUSED]
    shown = others if len(others) <= REASONS else others[: REASONS - 1]
    lines = [line for gap in shown for line in wrapped(gap.short, width, paint, DIM, most=1)]
    if rest := others[len(shown) :]:
        cells = sum(len(gap.cells) for gap in rest)
        lines.append(paint(f"{cells:,} more cells, for {len(rest)} other reasons", DIM))
    return [paint("Without a time", BOLD), *lines] if lines else []


def slowest(run: Run, paint: Paint, most: int) -> list[str]:
    """The cells that took most of the run's time."""
    spent = sorted(((_spent(record), record.cell) for record in run.records if record.launches), reverse=True)[:most]
    lines = [f"{units.lasting(seconds):>8}  {visible(cell)}" for seconds, cell in spent]
    return (
        [paint("Where the time of the run went", BOLD) + f"  the {len(lines)} slowest cells", *lines] if lines else []
    )


def _spent(record: Record) -> float:
    """Seconds spent preparing and calling a cell, over all launches and its proof."""
    launches = sum(one.prepare + one.first + one.calls * sum(one.wall) for one in record.launches)
    return launches + (record.proof.first + record.proof.call if record.proof else 0.0)
