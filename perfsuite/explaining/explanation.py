"""An explanation from the question to the verdict: the time first, then the evidence of each side, then the rules."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from perfsuite.explaining import stacks, taking, timing
from perfsuite.explaining.asking import Question
from perfsuite.explaining.reasons.evidence import Pair, Prices
from perfsuite.explaining.reasons.verdict import Verdict, explain
from perfsuite.explaining.taking import Taken
from perfsuite.explaining.workers import Side, Workers
from perfsuite.host import scratch
from perfsuite.judging.opening import MALLOC
from perfsuite.model.cell import Cell
from perfsuite.model.estimates import Estimate
from perfsuite.project import environments, mount, packages, trees
from perfsuite.project.declarations import by_decorator
from perfsuite.running.progress import Progress


@dataclass(frozen=True)
class Explanation:
    """Everything that a page or a terminal shows. A and B are as asked, whichever is slower."""

    question: Question
    names: tuple[str, str]
    times: timing.Times
    a: Taken
    b: Taken
    prices: Prices
    verdict: Verdict

    @property
    def stacks(self) -> tuple[dict[tuple[str, ...], float], dict[tuple[str, ...], float]]:
        """The stacks of A and B, in seconds of a call; empty unless both have some of the same kind."""
        if not self.a.by or self.a.by != self.b.by:
            return {}, {}
        sides = ((self.a, self.question.a, self.times.a), (self.b, self.question.b, self.times.b))
        found = [stacks.parsed(side.folded, Cell.parse(cell).variant, seconds) for side, cell, seconds in sides]
        return found[0], found[1]


def of(question: Question, results: Path, tree: Path, folder: Path, progress: Progress) -> Explanation:
    """Answer ``question``, which was checked; traces and stacks are left in ``folder``.

    Raises:
        ValueError: there is no such commit.
        timing.Failed: a side has no time.
    """
    if question.commits:
        times = timing.commits(question, results, tree, progress)
    else:
        times = timing.cells(question, tree, progress)
    with _sides(question, tree) as sides, Workers(question.timeout) as workers:
        taken, prices = [], Prices()
        for side, seconds, letter in zip(sides, (times.a, times.b), "ab", strict=True):
            passes = taking.Passes(side, workers, progress)
            if letter == "a":
                prices = passes.prices()
            running = times.running["ab".index(letter)] if times.running else None
            taken.append(passes.take(seconds, running, folder / letter, question.instructions))
    progress.end()
    verdict = judged(times, taken[0], taken[1], prices, question.names)
    return Explanation(question, question.names, times, taken[0], taken[1], prices, verdict)


def judged(times: timing.Times, a: Taken, b: Taken, prices: Prices, names: tuple[str, str]) -> Verdict:
    """The verdict, whichever side is slower."""
    if times.ratio.value >= 1:
        return explain(Pair(a.evidence, b.evidence, names[0], names[1], prices), times.ratio)
    turned = times.ratio
    low = 1 / turned.high if turned.high else 0.0
    high = 1 / turned.low if turned.low else float("inf")
    ratio = Estimate(1 / turned.value, low, high, turned.confidence, turned.launches)
    return explain(Pair(b.evidence, a.evidence, names[1], names[0], prices), ratio)


@contextlib.contextmanager
def _sides(question: Question, tree: Path) -> Iterator[tuple[Side, Side]]:
    """Both sides, laid where their workers find them."""
    scratch.sweep()
    with scratch.Scratch() as folder:
        paths, pythons, variables = [tree, tree], ["", ""], {}
        if question.commits:
            whole = by_decorator() and packages.compiles(tree)
            laid = trees.pair(question.base, question.head, packages.above(tree), folder / "trees", whole=whole)
            paths = [one.path for one in laid]
            needs = [one.requirements for one in laid]
            if all(needs) and needs[0] != needs[1] and not question.installed:
                made = environments.make((needs[0], needs[1]), folder / "environments")
                pythons = [one.python for one in made]
            variables = MALLOC  # as it was timed
        sides: list[Side] = []
        for at, path in enumerate(paths):
            cell, where = (question.a, question.b)[at], folder / "ab"[at if question.commits else 0]
            if question.commits or not at:
                mount.lay(path, where / "mount", mount.alone())
                mount.declare(path, where / "mount")
            side = Side(question.names[at], cell, where / "mount", where, variables=variables)
            sides.append(replace(side, python=pythons[at]) if pythons[at] else side)
        yield sides[0], sides[1]
