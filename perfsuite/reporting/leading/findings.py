"""What a run teaches first: its most instructive findings, each chosen by a rule and with the evidence for it.

The rules are :func:`largest_ladder`, :func:`largest_surprise` and :func:`farthest`. Each compares only proved times,
and needs an interval that excludes the opposite. A run without a candidate for a rule has no finding of that kind.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from perfsuite.model import estimates
from perfsuite.model.estimates import Estimate
from perfsuite.model.record import Problem
from perfsuite.reporting import evidence, published, units
from perfsuite.reporting.frame import rows as rows_of
from perfsuite.reporting.view import GROUP, View, place, threads

BARS = 5  # bars in the figure of a finding
NEAR = 2.0  # a time below this multiple of the hardware's floor is near it
Row = Mapping[str, Any]
EXECUTORS = {"compile": "`torch.compile`", "cudagraph": "A CUDA graph"}


@dataclass(frozen=True)
class Bar:
    """One line of a finding's figure: an interval, with its middle where there is one."""

    name: str
    low: float
    high: float
    value: float | None = None
    best: bool = False
    variant: str = ""  # gives it its colour; "" for a bar that is no variant
    executor: str = "eager"


@dataclass(frozen=True)
class Finding:
    """One finding: what it is, in a sentence, why it is so, and the figure for it."""

    kind: str  # a word of the glossary: "largest ladder", "largest surprise", "farthest from the hardware"
    problem: Problem
    cells: tuple[str, ...]  # the cells that it is about, the slower one first
    says: str  # one sentence, with code between backquotes
    why: str  # what was measured beside the time that explains it, or what it contradicts
    where: str  # the case, device and threads, in words
    bars: tuple[Bar, ...]
    seconds: bool = True  # whether bars are seconds; otherwise times as fast
    floor: float | None = None  # seconds: the hardware's floor
    size: float = 0.0  # candidates of one kind are ordered by it


def findings(view: View) -> tuple[Finding, ...]:
    """At most one finding of each kind, about different components where there is a choice."""
    found: list[Finding] = []
    for candidates in (ladders(view), surprises(view), distances(view)):
        ordered = sorted(candidates, key=lambda one: (-one.size, one.cells))
        taken = {one.problem.name for one in found}
        fresh = [one for one in ordered if one.problem.name not in taken]
        found += (fresh or ordered)[:1]
    return tuple(found)


# -- the largest ladder -----------------------------------------------------------------------------------------------


def ladders(view: View) -> Iterator[Finding]:
    """For each group, its slowest variant against its fastest one that does the same work, if they are no tie."""
    problems = {problem.name: problem for problem in view.problems}
    for cells in _groups(view):
        problem = problems[cells[0]["component"]]
        timed = [row for row in cells if row["variant"] not in problem.work]
        if len(timed) < 2:
            continue
        slow, best = max(timed, key=_seconds), min(timed, key=_seconds)
        ratio = estimates.ratio(view.records[slow["cell"]], view.records[best["cell"]])
        if ratio is None or not _above_one(ratio):
            continue
        says = (
            f"`{slow['way']}` takes {units.time(slow['seconds'])} where `{best['way']}` takes "
            f"{units.time(best['seconds'])}: {units.times(ratio.value)} as long for the same result."
        )
        yield Finding(
            kind="largest ladder",
            problem=problem,
            cells=(slow["cell"], best["cell"]),
            says=says,
            why=_sentence(evidence.why(slow)),
            where=place(best),
            bars=_bars(timed, best),
            floor=_floor(best),
            size=ratio.value,
        )


# -- the largest surprise ---------------------------------------------------------------------------------------------


def surprises(view: View) -> Iterator[Finding]:
    """Where the measurement contradicts what readers expect.

    A source published another speed-up; a variant is slower when compiled or replayed as a graph; it is slower with
    more threads. ``size`` is the factor by which the nearer end of the interval misses the expectation.
    """
    rows = {row["cell"]: row for row in rows_of(view.frame[view.frame["seconds"].notna()])}
    yield from _unlike_published(view)
    yield from _slower_executors(view, rows)
    yield from _slower_threads(view, rows)


def _unlike_published(view: View) -> Iterator[Finding]:
    for problem in view.problems:
        told = published.ladder(problem, view.run)
        for rung in told.rungs if told else ():
            here, verdict = rung.here, rung.verdict
            if told is None or here is None or verdict not in ("less than published", "more than published"):
                continue
            less = verdict == "less than published"
            span, interval = units.span(rung.published), units.span((here.low, here.high))
            yield Finding(
                kind="largest surprise",
                problem=problem,
                cells=tuple(
                    f"{problem.name}/{name}/eager/cpu/{problem.published_case}/1" for name in _pair(rung, told)
                ),
                says=f"`{rung.variant}` is {units.times(here.value)} as fast as `{told.base}`; published: {span}.",
                why=(
                    f"A surprise, because the sources measured otherwise: the whole interval, {interval}, is "
                    f"{'below' if less else 'above'} theirs."
                ),
                where=f"{problem.published_case} · cpu · {threads('1')}",
                bars=(
                    Bar("published", rung.published[0], rung.published[-1]),
                    Bar("here", here.low, here.high, here.value, variant=rung.variant),
                ),
                seconds=False,
                size=rung.published[0] / here.high if less else here.low / rung.published[-1],
            )


def _pair(rung: published.Rung, told: published.Ladder) -> tuple[str, str]:
    """The two variants of a published speed-up, the slower one first."""
    return (told.base, rung.variant) if rung.here and rung.here.value >= 1 else (rung.variant, told.base)


def _slower_executors(view: View, rows: Mapping[str, Row]) -> Iterator[Finding]:
    for row in rows.values():
        eager = str(replace(view.records[row["cell"]].key, executor="eager"))
        if row["executor"] not in EXECUTORS or eager not in rows:
            continue
        ratio = estimates.ratio(view.records[row["cell"]], view.records[eager])
        if ratio and _above_one(ratio):
            what = f"{EXECUTORS[row['executor']]} makes `{row['variant']}` slower"
            yield _slower(view, row, rows[eager], what, ratio, "it is meant to make code faster")


def _slower_threads(view: View, rows: Mapping[str, Row]) -> Iterator[Finding]:
    """Cells of different threads are timed in groups of their own, so their intervals must not overlap."""
    for row in rows.values():
        if row["threads"] == "1":
            continue
        other = rows.get(str(replace(view.records[row["cell"]].key, threads="1")))
        if not other or min(row["launches"], other["launches"]) < 2:
            continue
        ratio = Estimate(
            row["seconds"] / other["seconds"],
            row["low"] / other["high"],
            row["high"] / other["low"],
            min(row["confidence"], other["confidence"]),
            int(min(row["launches"], other["launches"])),
        )
        if _above_one(ratio):
            what = f"{'All' if row['threads'] == 'all' else row['threads']} threads make `{row['way']}` slower"
            yield _slower(view, row, other, what, ratio, "more threads are meant to share the work")


def _slower(view: View, row: Row, other: Row, what: str, ratio: Estimate, expected: str) -> Finding:
    """``row`` takes longer than ``other``, and is expected not to."""
    same = row["way"] != other["way"]
    names = (row["way"], other["way"]) if same else (threads(row["threads"]), threads(other["threads"]))
    interval = units.span((ratio.low, ratio.high))
    cost = _sentence(evidence.why(row))
    return Finding(
        kind="largest surprise",
        problem=next(problem for problem in view.problems if problem.name == row["component"]),
        cells=(row["cell"], other["cell"]),
        says=(
            f"{what}: {units.time(row['seconds'])} instead of {units.time(other['seconds'])}, "
            f"{units.times(ratio.value)} as long."
        ),
        why=f"A surprise, because {expected}. The whole interval of the ratio, {interval}, is above 1. {cost}".rstrip(),
        where=place(row),
        bars=(_bar(row, names[0], best=False), _bar(other, names[1], best=True)),
        floor=_floor(row),
        size=ratio.low,
    )


# -- the farthest from the hardware -----------------------------------------------------------------------------------


def distances(view: View) -> Iterator[Finding]:
    """For each group, the distance of its fastest variant from the hardware, where overhead is not what bounds it.

    Groups whose time is more than all known costs are candidates only if there is no other: their distance is that of
    a model that lacks something.
    """
    problems = {problem.name: problem for problem in view.problems}
    best = [(next(row for row in timed if row["best"]), timed) for timed in _groups(view)]
    known = [(row, timed) for row, timed in best if _known(row) and row["launches"] > 1 and row["bound"] != "overhead"]
    far = [(row, timed) for row, timed in known if row["low"] >= NEAR * row["floor_hardware"]]
    for row, timed in [one for one in far if one[0]["remark"] != "unexplained"] or far:
        who = f"`{row['way']}`" + f", the fastest of {len(timed)} variants," * (len(timed) > 1)
        yield Finding(
            kind="farthest from the hardware",
            problem=problems[row["component"]],
            cells=(row["cell"],),
            says=(
                f"{who} takes {units.time(row['seconds'])}: {units.times(row['times_hardware'])} the "
                f"{units.time(row['floor_hardware'])} that this hardware needs."
            ),
            why=_sentence(evidence.why(row)),
            where=place(row),
            bars=_bars(timed, row),
            floor=row["floor_hardware"],
            size=row["times_hardware"],
        )


def _known(row: Row) -> bool:
    """Whether every term of the floor of ``row`` is known, so that its bound is."""
    terms = (("flops", "floor_compute"), ("bytes", "floor_hardware"))
    return units.known(row["times_floor"]) and all(
        units.known(row[floor]) for work, floor in terms if units.known(row[work])
    )


def _groups(view: View) -> Iterator[list[Row]]:
    """The cells with a time that were timed in turns."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows_of(view.frame[view.frame["seconds"].notna()]):
        found.setdefault(tuple(row[name] for name in ("component", *GROUP)), []).append(row)
    yield from found.values()


# -- what they share --------------------------------------------------------------------------------------------------


def _seconds(row: Row) -> float:
    return float(row["seconds"])


def _above_one(ratio: Estimate) -> bool:
    return ratio.launches > 1 and ratio.low > 1


def _floor(row: Row) -> float | None:
    return row["floor_hardware"] if units.known(row["floor_hardware"]) else None


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _bar(row: Row, name: str, best: bool) -> Bar:
    return Bar(name, row["low"], row["high"], row["seconds"], best, row["variant"], row["executor"])


def _bars(timed: Sequence[Row], best: Row) -> tuple[Bar, ...]:
    """The bars of at most :data:`BARS` of ``timed``, in their order: the fastest, then those that differ most."""
    kept = [best]
    while len(kept) < min(BARS, len(timed)):
        rest = [row for row in timed if all(row is not one for one in kept)]
        kept.append(max(rest, key=lambda row: _apart(row, kept)))
    names = {row["cell"] for row in kept}
    return tuple(_bar(row, row["way"], row["cell"] == best["cell"]) for row in timed if row["cell"] in names)


def _apart(row: Row, others: Iterable[Row]) -> float:
    """How far the time of ``row`` is from the nearest of ``others``, as a logarithm."""
    return min(abs(math.log(row["seconds"] / other["seconds"])) for other in others)
