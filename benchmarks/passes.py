"""What a worker does for each pass: check, time, cost, trace. torch is imported only inside the functions.

The passes are apart, each in a process of its own: a profiler inside a timed region changed a published speed-up from
2.17x to 1.87x.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import compiling, contestant, gate, surroundings, timing
from benchmarks.cell import Cell
from benchmarks.clock import Clock, Witness, clock_for
from benchmarks.component import Inputs
from benchmarks.record import Launch, Proof, to_json
from benchmarks.site import Site, attempt, consume, first_call, ready_in, start_compiler, timed_in, variant_of

LONG = 0.1  # seconds: a call so long is warm after its first, and one more would only cost time
COST = "memory and operators"  # the step of a check whose failure says nothing of the answer
NOBODY = ""  # whose answer it is when a group fails as a whole
FRESH = 1000  # seeds of the inputs after the timing lie this far from those before it


@dataclass(frozen=True)
class Plan:
    """How much is measured in one launch."""

    launch: int
    rounds: int  # samples of a cell, at most
    budget: float  # seconds of samples of a cell, about
    target: float  # seconds of one sample, about
    began: float  # ``time.monotonic()`` at the run's start, less what a sitting before this one took


# -- check ------------------------------------------------------------------------------------------------------------


def check(site: Site, cell: Cell, seeds: int, cost: bool = False) -> dict[str, Any]:
    """Prove one cell on ``seeds`` inputs: ``{"status": ..., "reason": ..., "proof": ..., "cost": ...}``.

    With ``cost``, what a call uses beside time is measured on the way, for the cell is ready and warm. No time that is
    shown comes from this process.
    """

    def prove() -> dict[str, Any]:
        variant_of(site, cell)
        truths = [site.truth(cell, seed) for seed in range(seeds)]
        inputs = gate.copy(truths[0].inputs, cell.device)
        if cell.executor == "compile":
            start_compiler(site)
        with surroundings.kept(cell) as verify:
            site.step("preparation and first call", str(cell))
            start = time.perf_counter()
            with compiling.watched(cell) as compiled, ready_in(site, cell, inputs) as ready:
                consume(first_call(cell, ready), truths[0].component)
                first = time.perf_counter() - start
                calls: list[float] = []

                def timed() -> Any:
                    site.step("proof", str(cell))
                    start = time.perf_counter()
                    output = consume(ready(), truths[0].component)
                    calls.append(time.perf_counter() - start)
                    return output

                found = gate.prove(timed, inputs, truths, cell.device)
                verify()
                compiled(partial(_whole, ready, truths[0]))
                proof = asdict(Proof(found.error, found.share, seeds, first, min(calls)))
                return {"proof": proof, **(_cost(site, cell, ready, truths[0]) if cost else {})}

    return attempt(prove)


def _cost(site: Site, cell: Cell, ready: contestant.Contestant, truth: gate.Truth) -> dict[str, Any]:
    """Memory and operators of a warm call: ``{"cost": ...}``, or ``{"no cost": reason}``."""
    from benchmarks.cost import cost as measure

    site.step(COST, str(cell))
    plain = ready.plain and partial(_whole, ready.plain, truth)
    answer = attempt(lambda: {"cost": asdict(measure(partial(_whole, ready, truth), plain))})
    return {"cost": answer["cost"]} if "cost" in answer else {"no cost": answer["reason"]}


# -- time -------------------------------------------------------------------------------------------------------------


@dataclass
class _Lane:
    """One contestant of a group while it is timed."""

    cell: Cell
    ready: contestant.Contestant
    timed: timing.Timed
    prepare: float
    first: float
    calls: int = 1
    count: int = 1  # samples to take
    at: list[float] = field(default_factory=list)
    batches: list[timing.Batch] = field(default_factory=list)
    witnessed: list[tuple[int, ...]] = field(default_factory=list)

    def launch(self, number: int) -> Launch:
        """What is kept of it."""
        names = {"host": "host", "device": "device", "first": "first item", "item": "per item"}
        columns = {shown: [getattr(batch, name) for batch in self.batches] for name, shown in names.items()}
        columns |= {name: [batch.parts.get(name, 0.0) for batch in self.batches] for name in self.batches[0].parts}
        cpu, delay, switches, faults = zip(*self.witnessed, strict=True)
        return Launch(
            launch=number,
            calls=self.calls,
            prepare=self.prepare,
            first=self.first,
            at=tuple(round(at, 6) for at in self.at),
            wall=tuple(batch.wall for batch in self.batches),
            cpu=tuple(ns * 1e-9 for ns in cpu),
            delay=tuple(ns * 1e-9 for ns in delay),
            switches=switches,
            faults=faults,
            parts={name: tuple(values) for name, values in columns.items() if None not in values},
        )


class _Spoiler(Exception):
    """A cell that did not end well while a group was timed: what was measured beside it does not count."""

    def __init__(self, cell: Cell, answer: dict[str, Any]) -> None:
        super().__init__(answer["reason"])
        self.cell = cell
        self.answer = answer


def interleave(site: Site, cells: Sequence[Cell], plan: Plan) -> dict[str, Any]:
    """Time the cells of one group in turns: each cell's ``{"status": ..., "launch": ...}``.

    All get the same inputs. Order: preparation, first call, its proof, warm-up, batch size; then rounds in random
    order; then one call of each on fresh inputs, whose failure makes the cell wrong and discards its samples. The
    first cell that does not end well ends it: the answer is then this cell's alone, or that of ``NOBODY`` where it
    is not known which of them it was.
    """
    try:
        return _interleaved(site, cells, plan)
    except _Spoiler as end:
        return {str(end.cell): end.answer}
    except BaseException as problem:
        return {NOBODY: attempt(partial(_again, problem))}


def _again(problem: BaseException) -> dict[str, Any]:
    raise problem


def _interleaved(site: Site, cells: Sequence[Cell], plan: Plan) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    shuffle = random.Random(f"{plan.launch} {cells[0].group}")
    clock = clock_for(cells[0].device)
    truth = site.truth(cells[0], plan.launch)
    inputs = gate.copy(truth.inputs, cells[0].device)

    def must(cell: Cell, step: Callable[[], dict[str, Any]]) -> None:
        answers[str(cell)] = attempt(step)
        if answers[str(cell)]["status"] not in ("ok", "skipped"):
            raise _Spoiler(cell, answers[str(cell)])

    with surroundings.kept(cells[0]) as verify, contextlib.ExitStack() as stack:
        busy = cells[0].threads == "all" and not surroundings.idle()
        lanes: list[_Lane] = []
        for cell in shuffle.sample(cells, len(cells)):

            def begin(cell: Cell = cell) -> dict[str, Any]:
                lane = _begin(site, cell, inputs, truth, plan, clock, stack)
                verify()
                lanes.append(lane)
                return {}

            must(cell, begin)
        with surroundings.undisturbed(), surroundings.no_recompiles(cells):
            verify_sample = surroundings.watch()
            for index in timing.rounds([lane.count for lane in lanes], shuffle):
                must(lanes[index].cell, partial(_sample, site, lanes[index], plan, verify_sample))
            fresh = site.truth(cells[0], FRESH + plan.launch)
            gate.refill(inputs, fresh.inputs)
            for lane in lanes:
                must(lane.cell, partial(_finish, site, lane, inputs, fresh, plan))
    for answer in answers.values():
        answer["contended"] = busy
    return answers


def _begin(
    site: Site,
    cell: Cell,
    inputs: Inputs,
    truth: gate.Truth,
    plan: Plan,
    clock: Clock,
    stack: contextlib.ExitStack,
) -> _Lane:
    variant_of(site, cell)  # its file is imported before
    site.step("preparation", str(cell))
    start = time.perf_counter()
    ready = stack.enter_context(ready_in(site, cell, inputs))
    prepared = time.perf_counter()
    site.step("first call", str(cell))
    output = consume(first_call(cell, ready), truth.component)
    first = time.perf_counter() - prepared
    gate.match(output, truth, cell.device)
    gate.unchanged(inputs, truth)
    del output
    site.step("warm-up", str(cell))
    timed = timed_in(cell, ready, clock)
    lane = _Lane(cell, ready, timed, prepared - start, first)
    if cell.cold:
        seconds = min(timed(1).wall for _ in range(3))
    else:
        settled = first >= LONG and cell.executor != "compile"  # a first compiled call says nothing of the next
        seconds = first if settled else timing.warm(timed, plan.target)
        lane.calls = timing.calls_for(seconds, plan.target)
    lane.count = timing.rounds_for(seconds * lane.calls, plan.budget, plan.rounds)
    return lane


def _sample(site: Site, lane: _Lane, plan: Plan, verify: surroundings.Verify) -> dict[str, Any]:
    site.step("sample", str(lane.cell))
    at = time.monotonic() - plan.began
    before = _witness().read()
    batch = lane.timed(lane.calls)
    after = _witness().read()
    lane.at.append(at)
    lane.batches.append(batch)
    lane.witnessed.append(tuple(b - a for a, b in zip(before, after, strict=True)))
    verify()
    return {}


def _finish(site: Site, lane: _Lane, inputs: Inputs, fresh: gate.Truth, plan: Plan) -> dict[str, Any]:
    site.step("call on fresh inputs", str(lane.cell))
    try:
        gate.match(lane.ready(), fresh, lane.cell.device)
        gate.unchanged(inputs, fresh)
    except gate.Wrong as problem:
        raise gate.Wrong(f"{problem} (on fresh inputs after the timing)") from problem
    return {"launch": to_json(lane.launch(plan.launch))}


# -- counts and trace -------------------------------------------------------------------------------------------------


def counts(site: Site, cell: Cell, instructions: bool = False) -> dict[str, Any]:
    """What of a warm call is the same in every process: ``{"status": ..., "counts": {"operators": ..., ...}}``.

    ``None`` where it cannot be counted: operators under compiled code, for one.
    """
    from benchmarks import cost as instruments

    def count() -> dict[str, Any]:
        truth = site.truth(cell, 0)
        with surroundings.settings(cell), ready_in(site, cell, gate.copy(truth.inputs, cell.device)) as ready:
            before = compiling.graphs() if cell.executor == "compile" else 0
            consume(first_call(cell, ready), truth.component)
            site.step("counts", str(cell))
            call = partial(_whole, ready, truth)
            plain = ready.plain and partial(_whole, ready.plain, truth)
            ops, views, traffic = instruments.operators(plain) if plain else (None, None, None)
            held = instruments.in_torch(call) if cell.device == "cpu" and instruments.sees_memory() else None
            return {
                "counts": {
                    "operators": ops,
                    "views": views,
                    "bytes moved": traffic,
                    "allocations": held and held.allocations,
                    "peak bytes": held and held.peak,
                    "graphs": compiling.graphs() - before if cell.executor == "compile" else None,
                    "Python instructions": instruments.instructions(call) if instructions else None,
                }
            }

    return attempt(count)


def trace(site: Site, cell: Cell, folder: Path) -> dict[str, Any]:
    """A profiler's trace of a cell, below ``folder``: ``{"status": ..., "trace": ...}``."""
    from benchmarks.tracing import trace as record

    def profile() -> dict[str, Any]:
        truth = site.truth(cell, 0)
        with surroundings.settings(cell), ready_in(site, cell, gate.copy(truth.inputs, cell.device)) as ready:
            for _ in range(2):
                site.step("warm-up", str(cell))
                consume(first_call(cell, ready), truth.component)
            site.step("trace", str(cell))
            component = truth.component
            call = partial(_whole, ready, truth) if component.timeline else ready
            stream = component.stream and not component.timeline
            return {"trace": to_json(record(call, folder, stream=stream))}

    return attempt(profile)


def _whole(call: Callable[[], Any], truth: gate.Truth) -> Any:
    """A call with its stream consumed item by item; nothing of a stream is kept."""
    output = call()
    if not truth.component.stream:
        return output
    for _ in output:
        pass
    return None


_WITNESS: list[Witness] = []


def _witness() -> Witness:
    if not _WITNESS:
        _WITNESS.append(Witness())
    return _WITNESS[0]
