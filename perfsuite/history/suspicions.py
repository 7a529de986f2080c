"""What a history suspects: steps between two commits, and creep since an anchor. A suspicion is no finding."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from perfsuite.history import creep, detecting
from perfsuite.history.cells import Measured
from perfsuite.history.commits import Commits
from perfsuite.history.model import Series, Step
from perfsuite.history.runs import Runs
from perfsuite.host.software import PLACES
from perfsuite.records.brief import Brief

FALSE = 0.05  # probability that a whole history suspects anything although nothing changed
WIDER = 2  # runs beside a step that may be on the wrong side of it
CREPT = 0.02  # less than this is no creep, however clear: `compare` calls it the same


@dataclass(frozen=True)
class Suspicion:
    """A change of one cell that the runs suggest, and what was found out about it."""

    cell: str
    kind: str  # "step" or "creep"
    ratio: float  # the time after over the time before, with its interval
    low: float
    high: float
    before: str  # the last run before it
    after: str  # the first run after it
    base: str  # the commits to compare; "" where the runs are of no commit of this repository
    head: str
    bounds: tuple[str, str] = ("", "")  # the commits of the runs just beside the neighbouring steps
    inside: tuple[str, str] = ("", "")  # the commits of ``before`` and ``after``
    others: tuple[str, ...] = ()  # facts beside the code that changed between ``before`` and ``after``
    state: str = "suspected"  # "slower", "faster": confirmed; "refuted", "undecided", "same commit", "no commit"
    found: float | None = None  # the ratio that the comparison found, with its interval
    found_low: float | None = None
    found_high: float | None = None
    comparison: str = ""  # the id of the comparison that decided
    commit: str = ""  # the commit that made it, as `bisect` or a single candidate names it
    why: str = ""  # of a state without a verdict
    beside: bool = False  # whether it was seen in the times over those of the cell's rivals

    @property
    def confirmed(self) -> bool:
        """Whether a comparison found it too."""
        return self.state in ("slower", "faster")


@dataclass(frozen=True)
class Anchor:
    """The commit that creep is measured from."""

    commit: str
    why: str  # "the newest tag that has a record", "the oldest record", "--anchor"


def anchor(runs: Runs, counted: Container[str], commit: str = "") -> Anchor | None:
    """The commit that creep is measured from, one with a run that is ``counted``; ``None`` without such runs.

    Raises:
        ValueError: ``commit`` has no such run.
    """
    held = list(dict.fromkeys(run.commit for run in runs.runs if run.run in counted))
    if commit:
        if commit not in held:
            told = runs.commits.named(commit)
            raise ValueError(f"--anchor {told}: no run of this commit here; measure it, or name one of {_some(held)}")
        return Anchor(commit, "--anchor")
    tagged = [one for one in held if one in runs.commits.tags]
    if tagged:
        return Anchor(tagged[-1], f"tag {runs.commits.tags[tagged[-1]]}, the newest with a record")
    return Anchor(held[0], "the oldest record") if held else None


def _some(commits: Sequence[str]) -> str:
    return ", ".join(commit[:10] for commit in commits[-5:])


def suspected(cells: Measured, runs: Runs, since: Anchor | None) -> list[Suspicion]:
    """The steps and the creep of all cells, the largest first."""
    by_run = {run.run: run for run in runs.runs}
    stepped = detecting.steps(cells.series, FALSE, cells.rivals)
    found = [
        _step(series, at, stepped[series.cell], by_run, runs.commits)
        for series in cells.series
        for at in range(len(stepped.get(series.cell, ())))
    ]
    if since:
        found += [
            one for one in (_crept(series, len(cells.series), since, runs.commits) for series in cells.series) if one
        ]
    return sorted(found, key=lambda one: (one.kind != "step", -max(one.ratio, 1 / one.ratio)))


def _step(
    series: Series, number: int, steps: Sequence[Step], by_run: Mapping[str, Brief], commits: Commits
) -> Suspicion:
    """A step, with the commits whose comparison would show it.

    The step may lie a few runs beside where it is seen, so the commits are taken from a little further away, but from
    no further than halfway to the next step.
    """
    step, points = steps[number], series.stamps
    first = steps[number - 1].at if number else 0
    last = (steps[number + 1].at if number + 1 < len(steps) else len(points)) - 1
    low = step.at - 1 - min(WIDER, (step.at - 1 - first) // 2)
    high = step.at + min(WIDER, (last - step.at) // 2)
    before, after = points[step.at - 1], points[step.at]
    made = Suspicion(
        series.cell,
        "step",
        step.ratio,
        step.low,
        step.high,
        before.run,
        after.run,
        points[low].commit,
        points[high].commit,
        (points[first].commit, points[last].commit),
        (before.commit, after.commit),
        tuple(changed(by_run[before.run], by_run[after.run])),
        beside=step.beside,
    )
    return _placed(made, commits)


def _crept(series: Series, cells: int, since: Anchor, commits: Commits) -> Suspicion | None:
    found = creep.creep(series, since.commit, cells=cells)
    if found is None or not found.clear or max(found.ratio, 1 / found.ratio) < 1 + CREPT:
        return None
    first = next(stamp for stamp in series.stamps if stamp.commit == since.commit)
    last = series.stamps[-1]
    both = since.commit, last.commit
    made = Suspicion(series.cell, "creep", found.ratio, found.low, found.high, first.run, last.run, *both, both, both)
    return _placed(made, commits)


def _placed(made: Suspicion, commits: Commits) -> Suspicion:
    """``made``, with the state of one that no comparison of commits can decide."""
    if made.base not in commits.place or made.head not in commits.place:
        return replace(made, state="no commit", why="its runs are of no commit of this repository")
    if made.base == made.head:
        return replace(made, state="same commit", why="both sides are of the same commit: not the code")
    return made


def changed(before: Brief, after: Brief) -> list[str]:
    """What differs between two runs beside the code: "torch 2.10.0 → 2.11.0"."""
    told = []
    for was, now in ((before.environment, after.environment), (before.machine, after.machine)):
        old, new = flat(was), flat(now)
        told += [
            f"{name} {old.get(name) or '–'} → {new.get(name) or '–'}"
            for name in {**old, **new}
            if old.get(name, "") != new.get(name, "")
        ]
    return told


def flat(facts: Mapping[str, object], before: str = "") -> dict[str, str]:
    """Nested facts as name and text; without the places of caches, and memory in whole GiB."""
    found: dict[str, str] = {}
    for name, value in facts.items():
        whole = f"{before} {name}".strip()
        if isinstance(value, Mapping):
            found |= flat(value, whole)
        elif whole == "memory" and isinstance(value, int):
            found[whole] = f"{value / 2**30:.0f} GiB"
        elif value is not None and not PLACES.fullmatch(whole):
            found[whole] = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return found


def changes(runs: Sequence[Brief]) -> dict[str, list[str]]:
    """Run -> what differs beside the code from the run before it; only where something does."""
    found = {after.run: changed(before, after) for before, after in pairwise(runs)}
    return {run: told for run, told in found.items() if told}
