"""A suspicion is confirmed or refuted by comparing the two commits; what was compared before counts too."""

from __future__ import annotations

import contextlib
import json
import math
import shlex
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from perfsuite.history.commits import Commits
from perfsuite.history.suspicions import Suspicion
from perfsuite.judging import bisect, comparisons, opening, session, verdicts
from perfsuite.judging.record import Comparison, Options, Row
from perfsuite.project import catalogue, packages
from perfsuite.records import reading
from perfsuite.running.progress import Progress

STATES = {"SLOWER": "slower", "FASTER": "faster", "SAME": "refuted"}
NAMED = "named.jsonl"  # beside the index: the commits that were named
ALPHA = 0.05  # probability that a search names a wrong commit


@dataclass(frozen=True)
class Pair:
    """Two commits to compare, and the cells in which a change between them is suspected."""

    base: str
    head: str
    cells: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """The arguments of the command that compares them."""
        return ["compare", self.base[:10], self.head[:10], "--only", " or ".join(self.cells)]

    @property
    def seconds(self) -> float:
        """About how long the comparison takes, at most."""
        return min(opening.LONGEST, max(opening.SHORTEST, opening.PER_CELL * len(self.cells)))


@dataclass(frozen=True)
class _Named:
    """A line of :data:`NAMED`."""

    comparison: str
    cell: str
    commit: str
    between: list[str]


def pairs(suspicions: Iterable[Suspicion], again: bool = False) -> list[Pair]:
    """The comparisons that would decide what is only suspected so far; ``again``: also what stayed undecided."""
    states = ("suspected", "undecided") if again else ("suspected",)
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in suspicions:
        if one.state in states:
            found[one.base, one.head].append(one.cell)
    return [Pair(base, head, tuple(dict.fromkeys(cells))) for (base, head), cells in found.items()]


def forecast(todo: Sequence[Pair], repository: Path, budget: float = 0.0) -> tuple[float, float]:
    """Seconds that the comparisons take, at most, and those that may follow to name the commits."""
    search = 0.0
    for pair in todo:
        with contextlib.suppress(ValueError):
            between = bisect.candidates(repository, pair.base, pair.head)
            search += bisect.steps(len(between)) * bisect.BUDGET * len(pair.cells)
    return sum(budget or pair.seconds for pair in todo), search


def compared(pair: Pair, results: Path, tree: Path = catalogue.IMPLS, budget: float = 0.0) -> Comparison:
    """Compare the commits of ``pair`` in ``budget`` seconds, or 0 for the usual; it is kept like every comparison.

    Raises:
        ValueError: a commit is gone, or has none of the cells.
    """
    command = shlex.join([*shlex.split(catalogue.PROJECT.command), *pair.words])
    asked = Options(cells=(), selection=" or ".join(pair.cells), command=command, budget=budget)
    return session.measure(opening.start(asked, results, pair.base, pair.head, tree))


def decided(suspicions: Iterable[Suspicion], results: Path, machine_class: str, commits: Commits) -> list[Suspicion]:
    """``suspicions`` with the verdicts of the stored comparisons that concern them, the newest verdict last."""
    stored = list(_stored(results, machine_class, commits))
    named = _named(results)
    found = []
    for one in suspicions:
        if one.state == "suspected":
            for comparison in stored:
                one = _with(one, comparison, commits, named)
        found.append(one)
    return found


def _stored(results: Path, machine_class: str, commits: Commits) -> Iterable[Comparison]:
    """The comparisons of two commits of this repository on this class of machine, oldest first."""
    for path in sorted((results / "compare").glob("*.jsonl")):
        with contextlib.suppress(ValueError, OSError, KeyError, TypeError):
            with path.open("rb") as file:
                head = json.loads(file.readline())
            known = all(head[side]["commit"] in commits.place for side in ("base", "head"))
            if known and head["machine_class"] == machine_class:
                yield verdicts.fold(comparisons.load(path))


def _with(one: Suspicion, comparison: Comparison, commits: Commits, named: dict[tuple[str, str], _Named]) -> Suspicion:
    """``one`` with the verdict of ``comparison``, if that is about it and says more than what is known."""
    row = next((row for row in comparison.rows if row.cell == one.cell), None)
    base, head = str(comparison.base["commit"]), str(comparison.head["commit"])
    if comparison.partial or not _about(one, base, head, commits):
        return one
    if row is None:
        why = comparison.skipped.get(one.cell)
        return replace(one, state="undecided", comparison=comparison.run, why=why) if why else one
    state = STATES.get(row.verdict, "undecided")
    if state == "undecided" and one.state not in ("suspected", "undecided"):
        return one
    answer = named.get((comparison.run, one.cell))
    return replace(
        one,
        state=state,
        found=row.ratio,
        found_low=row.low,
        found_high=row.high,
        comparison=comparison.run,
        commit=answer.commit if answer and not answer.between else "",
        why=_why(row, answer),
    )


def _why(row: Row, answer: _Named | None) -> str:
    if answer and answer.between:
        return f"between {answer.between[0][:10]} and {answer.commit[:10]}; the search stayed undecided"
    return row.reason or ("too few epochs" if row.verdict == "UNDECIDED" else "")


def _about(one: Suspicion, base: str, head: str, commits: Commits) -> bool:
    """Whether a comparison of ``base`` and ``head`` has the suspected step inside, and no other."""
    place = commits.place
    if one.kind == "creep":
        return (base, head) == (one.base, one.head)
    inside = place[base] <= place[one.inside[0]] and place[one.inside[1]] <= place[head]
    near = place[one.bounds[0]] <= place[base] and place[head] <= place[one.bounds[1]]
    return (inside and near) or (base, head) == (one.base, one.head)


def _named(results: Path) -> dict[tuple[str, str], _Named]:
    path = results / "history" / NAMED
    found: dict[tuple[str, str], _Named] = {}
    if path.is_file():
        for line in reading.kept(path):
            with contextlib.suppress(ValueError):
                one = reading.value(reading.parsed(line), _Named)
                found[one.comparison, one.cell] = one
    return found


def name(one: Suspicion, results: Path, tree: Path = catalogue.IMPLS) -> None:
    """Find the commit that made a confirmed change, by halving, and keep the answer.

    Raises:
        ValueError: a commit is gone.
    """
    assert one.found is not None and math.isfinite(one.found)
    repository = packages.above(tree)
    base, head = _span(one, results)
    between = bisect.candidates(repository, base, head)
    if not between:
        return
    if len(between) == 1:
        answer = bisect.Answer(base, between[0])
    else:
        answer = bisect.narrowed(repository, base, between, one.cell, one.found, ALPHA, Progress())
    line = {
        "comparison": one.comparison,
        "cell": one.cell,
        "commit": answer.first_slow,
        "between": list(answer.between),
    }
    folder = results / "history"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / NAMED).open("ab") as file:
        file.write(json.dumps(line).encode() + b"\n")


def _span(one: Suspicion, results: Path) -> tuple[str, str]:
    """The commits that were compared."""
    head = comparisons.load(results / "compare" / f"{one.comparison}.jsonl").head
    return str(head["base"]["commit"]), str(head["head"]["commit"])
