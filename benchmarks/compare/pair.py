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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks import catalogue, gate, surroundings, timing
from benchmarks.cell import Cell
from benchmarks.clock import clock_for
from benchmarks.compare.sequential import trimmed
from benchmarks.component import Inputs
from benchmarks.site import Site, attempt, consume, first_call, ready_in, timed_in

USUAL = 20  # blocks at least, where calls are not so long that
LONG = 0.5  # seconds are not enough for them
FINE = 2e-3  # seconds of a batch up to which a slowdown is put in by whole calls
LEAST = 2  # blocks of a cell whose calls are very long
MOST = 200


@dataclass(frozen=True)
class Plan:
    """How one cell is compared in one epoch."""

    packages: tuple[str, str]  # what the trees of BASE and HEAD are called in this epoch
    seed: int  # of the inputs and of all coins that are tossed inside the epoch
    target: float  # seconds of a batch, about
    budget: float  # seconds of batches, about
    orders: tuple[str, ...]  # of a block's batches; a coin draws one for each block
    scale: float = 0.0  # for the validation: the slowdown that is put into HEAD


def measure(site: Site, cell: Cell, plan: Plan) -> dict[str, Any]:
    """Compare one cell: ``{"status": ..., "seconds": ..., and what :func:`compare` finds}``."""

    def take() -> dict[str, Any]:
        began = time.perf_counter()
        site.step("inputs", str(cell))
        inputs = inputs_of(cell, plan.seed)
        with surroundings.kept(cell) as verify, contextlib.ExitStack() as stack:

            def ready(arm: str) -> timing.Timed:
                site.package = plan.packages["AB".index(arm)]
                timed = begun(site, cell, inputs, stack)
                verify()
                return timed

            found = compare(cell, plan, ready, partial(undisturbed, cell), lambda what: site.step(what, str(cell)))
        return {**found, "seconds": time.perf_counter() - began}

    return attempt(take)


def inputs_of(cell: Cell, seed: int) -> Inputs:
    """The inputs of one epoch."""
    import torch

    component = catalogue.component(cell.component)
    case = next(case for case in component.cases if case.name == cell.case)
    return gate.copy(component.inputs(case, torch.Generator().manual_seed(seed)), cell.device)


def begun(site: Site, cell: Cell, inputs: Inputs, stack: contextlib.ExitStack) -> timing.Timed:
    """What times the contestant of the tree at hand, prepared and called once; ``stack`` closes it."""
    ready = stack.enter_context(ready_in(site, cell, inputs))
    consume(first_call(cell, ready), catalogue.component(cell.component))
    return timed_in(cell, ready, clock_for(cell.device))


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
    ready: Callable[[str], timing.Timed],
    quiet: Callable[[], contextlib.AbstractContextManager[None]],
    step: Callable[[str], None],
) -> dict[str, Any]:
    """Let two arms, "A" of BASE and "B" of HEAD, take turns: ``{"x": ..., "blocks": ..., "base": ..., ...}``.

    ``x`` is the trimmed mean over the blocks of log(HEAD / BASE); ``base`` BASE's median seconds per call; ``truth``
    the log ratio that ``plan.scale`` puts in. ``ready`` prepares an arm, ``quiet`` surrounds the samples, ``step``
    tells what begins.
    """
    coin = random.Random(plan.seed)
    arms: dict[str, timing.Timed] = {}
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
    with quiet():
        taken = [_block(arms, {"A": base, "B": head}, coin.choice(plan.orders), step) for _ in range(blocks)]
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
    arms: Mapping[str, timing.Timed], batches: Mapping[str, _Batch], order: str, step: Callable[[str], None]
) -> tuple[float, float]:
    """``(log HEAD/BASE, BASE's seconds per call)`` of one block of four batches."""
    logs: dict[str, list[float]] = {"A": [], "B": []}
    for arm in order:
        step(f"sample in {side(arm)}")
        seconds = arms[arm](batches[arm].calls).wall * batches[arm].calls / batches[arm].counted
        logs[arm].append(math.log(seconds))
    base = statistics.fmean(logs["A"])
    return statistics.fmean(logs["B"]) - base, math.exp(base)


class Held:
    """A cell that is ready in this worker while another process holds the other arm: ``apart`` gives the turns."""

    def __init__(self, site: Site, cell: Cell, seed: int) -> None:
        self._cell = cell
        self._stack = contextlib.ExitStack()
        try:
            verify = self._stack.enter_context(surroundings.kept(cell))
            site.step("preparation", str(cell))
            self._timed = begun(site, cell, inputs_of(cell, seed), self._stack)
            verify()
        except BaseException:
            self._stack.close()
            raise

    def quiet(self) -> None:
        """Nothing else happens here from now on until it is released."""
        self._stack.enter_context(undisturbed(self._cell))

    def batch(self, calls: int) -> float:
        """The seconds per call of a batch."""
        return self._timed(calls).wall

    def release(self) -> None:
        """Let it go.

        Raises:
            Changed: it left something changed, or a thread running.
        """
        self._stack.close()
