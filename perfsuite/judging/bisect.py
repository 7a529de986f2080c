"""Find the commit that made a cell slower: a binary search whose steps are verdicts, with the error shared among them.

Consecutive commits with the same ``impls`` count as one. An undecided step gets more epochs; if it stays undecided, the
remaining range is the result, without a guess.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from perfsuite.host import scratch
from perfsuite.judging import opening, session
from perfsuite.judging.record import Options, Row
from perfsuite.project import catalogue, trees
from perfsuite.running.progress import Progress

BUDGET = 120.0  # seconds for one step; if that is not enough, one more attempt with twice as much
PACKAGES = " and ".join(catalogue.PROJECT.package)
Side = Callable[[str], str]  # commit -> "slow", "fast", "unknown" (undecided), "skip" (it has no such cell)


@dataclass(frozen=True)
class Answer:
    """The commits between which the cell became slower."""

    last_fast: str
    first_slow: str
    between: tuple[str, ...] = ()  # commits without a verdict, or without the cell
    undecided: str = ""  # the commit that ended the search


def candidates(repository: Path, good: str, bad: str) -> list[str]:
    """The commits after ``good`` up to ``bad`` that change ``impls``, oldest first, along the first parents.

    Raises:
        ValueError: ``good`` is not before ``bad``.
    """
    first, last = trees.find(repository, good), trees.find(repository, bad)
    listed = trees.git(repository, "rev-list", "--reverse", "--first-parent", f"{first}..{last}").split()
    if not listed or not trees.before(repository, first, last):
        raise ValueError(f"{good} is not before {bad}: name the good commit first{trees.hint(repository)}")
    found, before = [], _content(repository, first)
    for commit in listed:
        tree = _content(repository, commit)
        if tree != before:
            found.append(commit)
        before = tree
    return found


def _content(repository: Path, commit: str) -> str:
    """The packages of a commit, as git's hashes of their folders."""
    return trees.git(repository, "rev-parse", *(f"{commit}:./{name}" for name in catalogue.PROJECT.package))


def steps(commits: int) -> int:
    """The largest number of verdicts that a search among that many commits takes."""
    return max(1, math.ceil(math.log2(commits))) if commits > 1 else 0


def search(good: str, commits: list[str], side: Side) -> Answer:
    """Narrow ``commits``, oldest first and the last one slow, down to the first slow one.

    A skipped commit is replaced by its nearest neighbour; those that stay unknown are part of the result.
    """
    low, high = -1, len(commits) - 1  # commits[low] is fast (-1: ``good``), commits[high] is slow
    skipped: set[int] = set()
    while rest := [at for at in range(low + 1, high) if at not in skipped]:
        middle = min(rest, key=lambda at: abs(at - (low + high) / 2))
        match side(commits[middle]):
            case "slow":
                high = middle
            case "fast":
                low = middle
            case "skip":
                skipped.add(middle)
            case _:
                return _answer(good, commits, low, high, commits[middle])
    return _answer(good, commits, low, high)


def _answer(good: str, commits: list[str], low: int, high: int, undecided: str = "") -> Answer:
    return Answer(commits[low] if low >= 0 else good, commits[high], tuple(commits[low + 1 : high]), undecided)


def find(repository: Path, good: str, bad: str, cell: str, alpha: float, progress: Progress) -> tuple[Answer, Row]:
    """The commit between ``good`` and ``bad`` that made ``cell`` slower, and the total slowdown.

    Half of ``alpha`` is spent on the total slowdown, the other half is shared by the steps.

    Raises:
        ValueError: ``bad`` is not slower than ``good``, or there is no commit between them that changes ``impls``.
    """
    commits = candidates(repository, good, bad)
    if not commits:
        raise ValueError(f"{PACKAGES} is the same in {good} and {bad}: nothing to search")
    progress.note(f"comparing {good} with {bad}, {len(commits)} commits that change {PACKAGES}")
    whole = _compare(repository, good, bad, cell, alpha / 2, 0.0, progress)
    if whole.verdict != "SLOWER" or whole.ratio is None:
        raise ValueError(f"{bad} is not slower than {good} in {cell}: {whole.verdict} {whole.reason}".rstrip())
    return narrowed(repository, good, commits, cell, whole.ratio, alpha / 2, progress), whole


def narrowed(
    repository: Path, good: str, commits: list[str], cell: str, ratio: float, alpha: float, progress: Progress
) -> Answer:
    """The first of ``commits``, oldest first, that has a change which is known: the last takes ``ratio`` × ``good``.

    ``alpha`` is shared by the steps. The change may also make the cell faster; then "slow" means: with the change.
    """
    half, share = math.log(ratio) / 2, alpha / max(1, steps(len(commits)))
    above, below = ("slow", "fast") if half > 0 else ("fast", "slow")

    def side(commit: str) -> str:
        row = _compare(repository, good, commit, cell, share, half, progress)
        answer = {"SLOWER": above, "SAME": below, "FASTER": below, "UNDECIDED": "unknown"}.get(row.verdict, "skip")
        if row.verdict == "SAME" and not row.epochs:  # the code of ``good``, not timed: without the change
            answer = "fast"
        told = {"slow": "with the change", "fast": "without it"}.get(answer, f"{answer} {row.reason}".rstrip())
        progress.note(f"{trees.git(repository, 'log', '-1', '--format=%h %s', commit)}: {told}")
        return answer

    return search(trees.find(repository, good), commits, side)


def _compare(repository: Path, base: str, head: str, cell: str, alpha: float, split: float, progress: Progress) -> Row:
    """The row of one comparison; if undecided, of a second one with twice the time. ``alpha`` is split between both."""
    for budget in (BUDGET, 2 * BUDGET):
        with scratch.Scratch() as folder:
            options = Options(
                cells=(),
                selection=cell,
                command=f"{catalogue.PROJECT.command} bisect",
                alpha=alpha / 2,
                budget=budget,
                split=split,
                counts=False,
            )
            journal = opening.start(options, folder, base, head, repository / catalogue.PROJECT.package[0])
            found = session.measure(journal, progress)
        if found.partial:
            raise KeyboardInterrupt
        row = found.rows[0] if found.rows else Row(cell, "INCOMPARABLE", next(iter(found.skipped.values()), ""))
        if row.verdict != "UNDECIDED":
            break
    return row


def text(repository: Path, answer: Answer, whole: Row) -> str:
    """The result as text."""
    assert whole.ratio is not None
    name = trees.git(repository, "log", "-1", "--format=%h %s (%an, %as)", answer.first_slow)
    lines = [f"{whole.cell}: {100 * (whole.ratio - 1):+.1f} % in total"]
    if answer.between:
        why = "undecided" if answer.undecided else "without this cell"
        lines.append(f"it became slower after {answer.last_fast[:10]}, at the latest in {name}; in between, {why}:")
        lines += [f"  {trees.git(repository, 'log', '-1', '--format=%h %s', commit)}" for commit in answer.between]
    else:
        lines.append(f"first slow commit: {name}")
        lines.append(
            trees.git(repository, "show", "--stat", "--format=", answer.first_slow, "--", *catalogue.PROJECT.package)
        )
    return "\n".join(lines)
