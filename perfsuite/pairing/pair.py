"""Time one cell of two trees in turns in one process, which gives the X of one epoch. Runs in a worker.

In one process both trees share the allocator, the pages and the addresses. Between processes, these differ at random,
which alone makes the times of identical code differ by up to 41 %, and no number of samples removes that.
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

USUAL = 20  # minimum number of blocks, as long as they fit into
LONG = 0.5  # this many seconds
FINE = 2e-3  # seconds of a batch up to which a slowdown is injected by additional calls
LEAST = 2  # blocks of a cell whose calls are very long
MOST = 200
FILLED = 8  # blocks per refill of the inputs, because a refill leaves the caches in an unusual state


@dataclass(frozen=True)
class Plan:
    """How one cell is compared in one epoch."""

    sides: tuple[str, str]  # the suffixes of the packages of BASE and HEAD in this epoch
    seed: int  # of all random choices inside the epoch
    seeds: Sequence[int]  # of the contents that the inputs are filled with in turn
    target: float  # seconds of a batch, about
    budget: float  # seconds of batches, about
    orders: tuple[str, ...]  # of a block's batches; one is drawn at random for each block
    scale: float = 0.0  # for the calibration: the slowdown that is injected into HEAD


def measure(context: WorkerContext, cell: Cell, plan: Plan) -> dict[str, Any]:
    """Compare one cell: ``{"status": ..., "seconds": ..., and the result of :func:`compare`}``."""

    def take() -> dict[str, Any]:
        began = time.perf_counter()
        inputs = Filled(context, cell, plan.seeds)
        with surroundings.kept(cell) as verify, contextlib.ExitStack() as stack:

            def ready(arm: str) -> Turn:
                context.side = plan.sides["AB".index(arm)]
                turn = inputs.begun(stack)
                verify()
                return turn

            def step(what: str) -> None:
                context.step(what, str(cell))

            found = compare(cell, plan, ready, partial(undisturbed, cell), step, inputs.fill)
        return {**found, "seconds": time.perf_counter() - began}

    return attempt(take)


class Turn(Protocol):
    """Times a number of calls of one arm, and may have one of their outputs judged after the clock has stopped."""

    def __call__(self, calls: int, judged: bool = False, /) -> timing.Batch:
        """The time of ``calls`` calls."""


class Filled:
    """The inputs of a cell in this process, which hold one of a few contents at a time."""

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
        """A timer for the variant of the current tree, prepared and called once; ``stack`` closes it."""
        ready = stack.enter_context(ready_in(self._context, self._cell, self._inputs))
        consume(first_call(self._cell, ready), self._now.component)
        timed = timed_in(self._cell, ready, clock_for(self._cell.device))
        return lambda calls, judged=False: timed(calls, self._look if judged else None)

    def _look(self, output: Any) -> None:
        self._context.judge_timed(self._cell, self._inputs, self._now, output)


@contextlib.contextmanager
def undisturbed(cell: Cell) -> Iterator[None]:
    """Prevent garbage collection and compiling while samples are taken."""
    with surroundings.undisturbed(), surroundings.no_recompiles([cell]):
        yield


def side(arm: str) -> str:
    """The displayed name of an arm."""
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
    the log ratio that ``plan.scale`` injects. ``ready`` prepares an arm, ``quiet`` is entered around the samples,
    ``step`` reports the step that begins, and ``fill`` changes the contents of the inputs before every ``FILLED``-th
    block; a batch of each arm after that does not count. In one block, chosen at random, one output of each arm is
    judged. It is timed like the others but does not count, because judging takes long and leaves the caches in an
    unusual state.
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
    batches, chosen, taken = {"A": base, "B": head}, CHANCE.randrange(blocks + 1), []
    with quiet():
        for number in range(blocks + 1):
            if number % FILLED == 0:
                fill(coin.randrange(len(plan.seeds)))
                for arm in coin.sample("AB", 2):
                    arms[arm](batches[arm].calls)  # not counted: it finds other caches than those that follow
            block = _block(arms, batches, coin.choice(plan.orders), step, number == chosen)
            if number != chosen:
                taken.append(block)
    return {
        "x": trimmed(difference for difference, _ in taken),
        "blocks": [round(difference, 6) for difference, _ in taken],
        "calls": [base.calls, head.calls],
        "base": statistics.median(base for _, base in taken),
        "truth": math.log(head.calls / head.counted),
    }


@dataclass(frozen=True)
class _Batch:
    """One batch of an arm."""

    calls: int
    counted: float  # the calls that its time is divided by


def _batches(calls: int, seconds: float, scale: float) -> tuple[_Batch, _Batch]:
    """The batches of BASE and HEAD, which are identical unless a slowdown is injected.

    With a slowdown of x, HEAD makes ``round(k (1 + x))`` calls where BASE makes ``k``, and both times are divided by
    ``k``. For at least one additional call, ``k`` must be at least 1/x. If calls are so long that such batches would be
    unlike those of a comparison, both make the usual number of calls, and HEAD's time is multiplied by 1 + x.
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
    """``(log HEAD/BASE, BASE's seconds per call)`` of one block of four batches; one per arm may be judged."""
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
    """A cell prepared in this worker while another process holds the other arm; ``apart`` controls the turns."""

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
        """Prevent garbage collection and compiling here until release."""
        self._stack.enter_context(undisturbed(self._cell))

    def fill(self, at: int) -> None:
        """Fill the inputs with content number ``at``."""
        self._inputs.fill(at)

    def batch(self, calls: int, judged: bool) -> float:
        """The seconds per call of a batch; one of its outputs may be judged."""
        return self._turn(calls, judged).wall

    def release(self) -> None:
        """Release the cell.

        Raises:
            Changed: it left global state changed, or a thread running.
        """
        self._stack.close()
