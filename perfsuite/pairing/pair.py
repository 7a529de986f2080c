"""One cell of two trees in one process, taking turns: the X of one epoch. Runs in a worker.

In one process both trees share the allocator, the pages and the addresses. Between processes that luck alone makes
identical code differ by up to 41 %, and no number of samples removes it.
"""

from __future__ import annotations

import contextlib
import math
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from perfsuite.isolation import surroundings
from perfsuite.measuring import timing
from perfsuite.measuring.clock import clock_for
from perfsuite.model.cell import Cell
from perfsuite.pairing.sequential import trimmed
from perfsuite.proving import gate
from perfsuite.workers.context import CHANCE, WorkerContext, consume, first_call, ready_in, timed_in
from perfsuite.workers.outcomes import attempt

USUAL = 20  # blocks at least, where calls are not so long that
LONG = 0.5  # seconds are not enough for them
FINE = 2e-3  # seconds of a batch up to which a slowdown is put in by whole calls
LEAST = 2  # blocks of a cell whose calls are very long
MOST = 200
FILLED = 4  # blocks for each filling of the inputs, after which caches are as no other batch finds them


@dataclass(frozen=True)
class Plan:
    """How one cell is compared in one epoch."""

    packages: tuple[str, str]  # what the trees of BASE and HEAD are called in this epoch
    seed: int  # of all coins that are tossed inside the epoch
    seeds: Sequence[int]  # of the contents that the inputs are filled with in turn
    target: float  # seconds of a batch, about
    budget: float  # seconds of batches, about
    orders: tuple[str, ...]  # of a block's batches; a coin draws one for each block
    scale: float = 0.0  # for the validation: the slowdown that is put into HEAD


def measure(context: WorkerContext, cell: Cell, plan: Plan) -> dict[str, Any]:
    """Compare one cell: ``{"status": ..., "seconds": ..., and what :func:`compare` finds}``."""

    def take() -> dict[str, Any]:
        began = time.perf_counter()
        inputs = Filled(context, cell, plan.seeds)
        with surroundings.kept(cell) as verify, contextlib.ExitStack() as stack:

            def ready(arm: str) -> Turn:
                context.package = plan.packages["AB".index(arm)]
                turn = inputs.begun(stack)
                verify()
                return turn

            def step(what: str) -> None:
                context.step(what, str(cell))

            found = compare(cell, plan, ready, partial(undisturbed, cell), step, inputs.fill)
        return {**found, "seconds": time.perf_counter() - began}

    return attempt(take)


class Turn(Protocol):
    """What times a number of calls of one arm, and may have an answer of them judged when the clock has stopped."""

    def __call__(self, calls: int, judged: bool = False, /) -> timing.Batch:
        """The time of ``calls`` calls."""


class Filled:
    """The inputs of a cell in this process, filled with one of a few contents at a time."""

    def __init__(self, context: WorkerContext, cell: Cell, seeds: Sequence[int]) -> None:
        self._context, self._cell = context, cell
        self._contents = [context.content(cell, seed) for seed in seeds]
        self._now = self._contents[0]
        self._inputs = gate.copy(self._now.inputs, cell.device)

    def fill(self, at: int) -> None:
        """Fill the inputs with content number ``at``."""
        self._now = self._contents[at]
        gate.refill(self._inputs, self._now.inputs)

    def begun(self, stack: contextlib.ExitStack) -> Turn:
        """What times the variant of the tree at hand, prepared and called once; ``stack`` closes it."""
        ready = stack.enter_context(ready_in(self._context, self._cell, self._inputs))
        consume(first_call(self._cell, ready), self._now.component)
        timed = timed_in(self._cell, ready, clock_for(self._cell.device))
        return lambda calls, judged=False: timed(calls, self._look if judged else None)

    def _look(self, output: Any) -> None:
        self._context.judge_timed(self._cell, self._inputs, self._now, output)


@contextlib.contextmanager
def undisturbed(cell: Cell) -> Iterator[None]:
    """While samples are taken: no garbage collection, no compiling."""
    with surroundings.undisturbed(), surroundings.no_recompiles([cell]):
        yield


def side(arm: str) -> str:
    """What people call an arm."""
    return "BASE" if arm == "A" else "HEAD"


def compare(
    cell: Cell,
    plan: Plan,
    ready: Callable[[str], Turn],
    quiet: Callable[[], contextlib.AbstractContextManager[None]],
    step: Callable[[str], None],
    fill: Callable[[int], None],
) -> dict[str, Any]:
    """Let two arms, "A" of BASE and "B" of HEAD, take turns: ``{"x": ..., "blocks": ..., "base": ..., ...}``.

    ``x`` is the trimmed mean over the blocks of log(HEAD / BASE); ``base`` BASE's median seconds per call; ``truth``
    the log ratio that ``plan.scale`` puts in. ``ready`` prepares an arm, ``quiet`` surrounds the samples, ``step``
    tells what begins, ``fill`` changes what the inputs hold, before every ``FILLED``-th block. In one block, chosen by
    chance, an answer of either arm is judged.
    """
    coin = random.Random(plan.seed)
    arms: dict[str, Turn] = {}
    for arm in coin.sample("AB", 2):
        step(f"preparation in {side(arm)}")
        arms[arm] = ready(arm)
    seconds = []
    for arm in coin.sample("AB", 2):
        step(f"warm-up in {side(arm)}")
        seconds.append(arms[arm](1).wall if cell.cold else timing.warm(arms[arm], plan.target))
    usual = 1 if cell.cold else timing.calls_for(min(seconds), plan.target)
    budget = max(plan.budget, min(LONG, USUAL * 4 * usual * max(seconds)))
    base, head = _batches(usual, min(seconds), plan.scale)
    blocks = max(LEAST, timing.rounds_for(4 * base.calls * max(seconds), budget, MOST))
    batches, chosen, taken = {"A": base, "B": head}, CHANCE.randrange(blocks), []
    with quiet():
        for number in range(blocks):
            if number % FILLED == 0:
                fill(coin.randrange(len(plan.seeds)))
            taken.append(_block(arms, batches, coin.choice(plan.orders), step, number == chosen))
    return {
        "x": trimmed(difference for difference, _ in taken),
        "blocks": [round(difference, 6) for difference, _ in taken],
        "calls": [base.calls, head.calls],
        "base": statistics.median(base for _, base in taken),
        "truth": math.log(head.calls / head.counted),
    }


@dataclass(frozen=True)
class _Batch:
    """What an arm does in one batch."""

    calls: int
    counted: float  # the calls that its time is divided by


def _batches(calls: int, seconds: float, scale: float) -> tuple[_Batch, _Batch]:
    """The batches of BASE and HEAD: alike, unless a slowdown is put in.

    Then HEAD makes ``round(k (1 + x))`` calls where BASE makes ``k``, and both are divided by ``k``. A whole number
    takes ``k`` of 1/x at least. Where calls are so long that such batches would be nothing like those of a comparison,
    both make the usual calls, and HEAD's are counted as 1/(1 + x) of them.
    """
    if not scale:
        return _Batch(calls, calls), _Batch(calls, calls)
    enough = max(calls, math.ceil(1 / abs(scale)))
    if enough * seconds <= FINE:
        return _Batch(enough, enough), _Batch(round(enough * (1 + scale)), enough)
    return _Batch(calls, calls), _Batch(calls, calls / (1 + scale))


def _block(
    arms: Mapping[str, Turn],
    batches: Mapping[str, _Batch],
    order: str,
    step: Callable[[str], None],
    judged: bool = False,
) -> tuple[float, float]:
    """``(log HEAD/BASE, BASE's seconds per call)`` of one block of four batches; of each arm one may be judged."""
    logs: dict[str, list[float]] = {"A": [], "B": []}
    for arm in order:
        step(f"sample in {side(arm)}")
        seconds = (
            arms[arm](batches[arm].calls, judged and not logs[arm]).wall * batches[arm].calls / batches[arm].counted
        )
        logs[arm].append(math.log(seconds))
    base = statistics.fmean(logs["A"])
    return statistics.fmean(logs["B"]) - base, math.exp(base)


class Held:
    """A cell that is ready in this worker while another process holds the other arm: ``apart`` gives the turns."""

    def __init__(self, context: WorkerContext, cell: Cell, seeds: Sequence[int]) -> None:
        self._cell = cell
        self._stack = contextlib.ExitStack()
        try:
            verify = self._stack.enter_context(surroundings.kept(cell))
            self._inputs = Filled(context, cell, seeds)
            context.step("preparation", str(cell))
            self._turn = self._inputs.begun(self._stack)
            verify()
        except BaseException:
            self._stack.close()
            raise

    def quiet(self) -> None:
        """Nothing else happens here from now on until it is released."""
        self._stack.enter_context(undisturbed(self._cell))

    def fill(self, at: int) -> None:
        """Fill the inputs with content number ``at``."""
        self._inputs.fill(at)

    def batch(self, calls: int, judged: bool) -> float:
        """The seconds per call of a batch; an answer of it may be judged."""
        return self._turn(calls, judged).wall

    def release(self) -> None:
        """Let it go.

        Raises:
            Changed: it left something changed, or a thread running.
        """
        self._stack.close()
