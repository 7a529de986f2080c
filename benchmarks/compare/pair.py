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
from dataclasses import dataclass
from typing import Any

from benchmarks import catalogue, contestant, gate, surroundings, timing
from benchmarks.cell import Cell
from benchmarks.clock import clock_for
from benchmarks.compare.sequential import trimmed
from benchmarks.site import Site, attempt, consume, ready_in, timed_in

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
    """Compare one cell: ``{"status": ..., "x": ..., "blocks": ..., "calls": ..., "base": ..., "truth": ...}``.

    ``x`` is the trimmed mean over the blocks of log(HEAD / BASE); ``base`` BASE's median seconds per call; ``truth``
    the log ratio that ``plan.scale`` puts in.
    """

    def take() -> dict[str, Any]:
        began = time.perf_counter()
        coin = random.Random(plan.seed)
        component = catalogue.component(cell.component)
        case = next(case for case in component.cases if case.name == cell.case)
        clock = clock_for(cell.device)
        site.step("inputs", str(cell))
        import torch

        generator = torch.Generator().manual_seed(plan.seed)
        inputs = gate.copy(component.inputs(case, generator), cell.device)
        arms: dict[str, timing.Timed] = {}
        with surroundings.settings(cell) as verify, contextlib.ExitStack() as stack:
            for arm in coin.sample("AB", 2):
                site.package = plan.packages["AB".index(arm)]
                site.step(f"preparation in {_name(arm)}", str(cell))
                ready = stack.enter_context(ready_in(site, cell, inputs))
                consume(contestant.first_call(ready), component)
                verify()
                arms[arm] = timed_in(cell, ready, clock)
            seconds = []
            for arm in coin.sample("AB", 2):
                site.step(f"warm-up in {_name(arm)}", str(cell))
                seconds.append(arms[arm](1).wall if cell.cold else timing.warm(arms[arm], plan.target))
            usual = 1 if cell.cold else timing.calls_for(min(seconds), plan.target)
            budget = max(plan.budget, min(LONG, USUAL * 4 * usual * max(seconds)))
            base, head = _batches(usual, min(seconds), plan.scale)
            batches = {"A": base, "B": head}
            blocks = max(LEAST, timing.rounds_for(4 * base.calls * max(seconds), budget, MOST))
            taken = [_block(site, cell, arms, batches, coin.choice(plan.orders)) for _ in _undisturbed(blocks, cell)]
            verify()
        return {
            "x": trimmed(difference for difference, _ in taken),
            "blocks": [round(difference, 6) for difference, _ in taken],
            "calls": [base.calls, head.calls],
            "base": statistics.median(base for _, base in taken),
            "truth": math.log(head.calls / head.counted),
            "seconds": time.perf_counter() - began,
        }

    return attempt(take)


def _name(arm: str) -> str:
    return "BASE" if arm == "A" else "HEAD"


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


def _undisturbed(blocks: int, cell: Cell) -> Any:
    with surroundings.undisturbed(), surroundings.no_recompiles([cell]):
        yield from range(blocks)


def _block(
    site: Site, cell: Cell, arms: dict[str, timing.Timed], batches: dict[str, _Batch], order: str
) -> tuple[float, float]:
    """``(log HEAD/BASE, BASE's seconds per call)`` of one block of four batches."""
    logs: dict[str, list[float]] = {"A": [], "B": []}
    for arm in order:
        site.step(f"sample in {_name(arm)}", str(cell))
        seconds = arms[arm](batches[arm].calls).wall * batches[arm].calls / batches[arm].counted
        logs[arm].append(math.log(seconds))
    base = statistics.fmean(logs["A"])
    return statistics.fmean(logs["B"]) - base, math.exp(base)
