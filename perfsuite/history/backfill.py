"""Measure commits that have no record yet, each with a run of its own, in random order.

In random order because the machine drifts: measured one after the other, its drift would look like a trend of the code.
"""

from __future__ import annotations

import random
import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from perfsuite.history.commits import Commits
from perfsuite.host import scratch
from perfsuite.judging import opening
from perfsuite.model.record import Run
from perfsuite.project import catalogue, packages, trees
from perfsuite.project.declarations import by_decorator
from perfsuite.records.options import Options
from perfsuite.records.store import write
from perfsuite.running import session
from perfsuite.running.progress import Progress

LIMITS = 0.1  # maximum seconds to measure each limit of the hardware


@dataclass(frozen=True)
class Amount:
    """How much of each commit is measured."""

    selection: str = ""  # a -k expression; "": the default cells of `compare`
    launches: int = 3  # few: the history takes its certainty from many runs
    budget: float = 0.15  # seconds of samples of a cell in each launch


@dataclass(frozen=True)
class Done:
    """One commit that was tried."""

    commit: str
    path: Path | None  # its record; None where it has no such cell
    why: str = ""


def missing(commits: Commits, held: Collection[str], number: int) -> list[str]:
    """The newest ``number`` commits of the branch that are not among those ``held``, oldest first."""
    found = [commit for commit in reversed(commits.first_parents) if commit not in held][:number]
    return found[::-1]


def measured(
    wanted: Sequence[str], amount: Amount, results: Path, tree: Path, progress: Progress | None = None
) -> Iterator[Done]:
    """Measure each of the commits ``wanted``; each record is written at once. Ctrl-C loses only the commit that runs.

    Raises:
        ValueError: no commit has a cell that is selected.
    """
    order = random.SystemRandom().sample(list(wanted), len(wanted))
    problems = []
    for commit in order:
        with scratch.Scratch() as folder:
            try:
                side, asked = _laid(commit, amount, tree, folder)
            except ValueError as problem:
                problems.append(problem)
                yield Done(commit, None, str(problem))
                continue
            run = _run(asked, folder, side, progress)
            yield Done(commit, write(replace(run, commit=side.commit, dirty=False), results))
    if wanted and len(problems) == len(wanted):
        raise ValueError(f"no record was made: {problems[-1]}")


def _laid(commit: str, amount: Amount, tree: Path, folder: Path) -> tuple[trees.Tree, Options]:
    """The tree of ``commit``, copied as for a comparison, and what is measured of it."""
    whole = by_decorator() and packages.compiles(tree)
    side = trees.lay(commit, packages.above(tree), folder / "tree", whole)
    cells = tuple(map(str, opening.choose([side.path], amount.selection)))
    words = [*shlex.split(catalogue.PROJECT.command), "run"]
    words += ["-k", amount.selection] if amount.selection else []
    return side, Options(
        cells=cells,
        selection=f"-k {amount.selection}" if amount.selection else "history",
        command=shlex.join(words),
        left_out="",
        launches=amount.launches,
        budget=amount.budget,
        cost=False,
        limits=LIMITS,
    )


def _run(asked: Options, folder: Path, side: trees.Tree, progress: Progress | None) -> Run:
    """The run of one commit.

    Raises:
        KeyboardInterrupt: it was interrupted.
    """
    run = session.measure(session.start(asked, folder / "results", side.path), folder / "results", side.path, progress)
    if run.partial:
        raise KeyboardInterrupt
    return run
