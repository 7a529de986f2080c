"""What a worker does for each pass: check, time, cost, trace. torch is imported only inside the functions.

The passes are apart, each in a process of its own: a profiler inside a timed region changed a published speed-up from
2.17x to 1.87x.
"""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import catalogue, contestant, gate, mount, surroundings, timing
from benchmarks.cell import Cell
from benchmarks.clock import Clock, Witness, clock_for
from benchmarks.component import Inputs
from benchmarks.record import Launch, Proof, to_json

LONG = 0.1  # seconds: a call so long is warm after its first, and one more would only cost time
FRESH = 1000  # seeds of the inputs after the timing lie this far from those before it


@dataclass
class Site:
    """Where a worker works: its tree, its caches, and whom it tells what it is about to do."""

    mount: Path
    caches: Path  # one folder for each compiled cell
    step: Callable[[str, str], None]  # (what, cell): the time allowance begins anew
    truths: dict[tuple[str, str, int], gate.Truth] = field(default_factory=dict)
    compiler: bool = False  # whether something was compiled in this process

    def truth(self, cell: Cell, seed: int) -> gate.Truth:
        """Inputs and reference of one seed; those of the case at hand are kept, others are dropped."""
        key = (cell.component, cell.case, seed)
        if key not in self.truths:
            self.step("inputs and reference", str(cell))
            self.truths = {known: value for known, value in self.truths.items() if known[:2] == key[:2]}
            component = catalogue.component(cell.component)
            case = next(case for case in component.cases if case.name == cell.case)
            self.truths[key] = gate.truth(component, case, seed)
        return self.truths[key]


@dataclass(frozen=True)
class Plan:
    """How much is measured in one launch."""

    launch: int
    rounds: int  # samples of a cell, at most
    budget: float  # seconds of samples of a cell, about
    target: float  # seconds of one sample, about
    began: float  # ``time.time()`` at the run's start


# -- check ------------------------------------------------------------------------------------------------------------


def check(site: Site, cell: Cell, seeds: int) -> dict[str, Any]:
    """Prove one cell on ``seeds`` inputs: ``{"status": ..., "reason": ..., "proof": ...}``."""

    def prove() -> dict[str, Any]:
        _variant(site, cell)
        truths = [site.truth(cell, seed) for seed in range(seeds)]
        inputs = gate.copy(truths[0].inputs, cell.device)
        if cell.executor == "compile":
            _start_compiler(site)
        site.step("preparation and first call", str(cell))
        start = time.perf_counter()
        with surroundings.settings(cell) as verify, _ready(site, cell, inputs) as ready:
            _consume(contestant.first_call(ready), truths[0])
            first = time.perf_counter() - start
            calls: list[float] = []

            def timed() -> Any:
                site.step("proof", str(cell))
                start = time.perf_counter()
                output = _consume(ready(), truths[0])
                calls.append(time.perf_counter() - start)
                return output

            found = gate.prove(timed, inputs, truths, cell.device)
            verify()
        return {"proof": asdict(Proof(found.error, found.share, seeds, first, min(calls)))}

    return _attempt(prove)


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


def interleave(site: Site, cells: Sequence[Cell], plan: Plan) -> dict[str, Any]:
    """Time the cells of one group in turns: each cell's ``{"status": ..., "launch": ...}``.

    All get the same inputs. Order: preparation, first call, its proof, warm-up, batch size; then rounds in random
    order; then one call of each on fresh inputs, whose failure makes the cell wrong and discards its samples.
    """
    answers: dict[str, Any] = {}
    shuffle = random.Random(f"{plan.launch} {cells[0].group}")
    clock = clock_for(cells[0].device)
    truth = site.truth(cells[0], plan.launch)
    inputs = gate.copy(truth.inputs, cells[0].device)
    with surroundings.settings(cells[0]) as verify, contextlib.ExitStack() as stack:
        busy = cells[0].threads == "all" and not surroundings.idle()
        lanes: list[_Lane] = []
        for cell in shuffle.sample(cells, len(cells)):

            def begin(cell: Cell = cell) -> dict[str, Any]:
                lane = _begin(site, cell, inputs, truth, plan, clock, stack)
                verify()
                lanes.append(lane)
                return {}

            answers[str(cell)] = _attempt(begin)
        with surroundings.undisturbed(), surroundings.no_recompiles(cells):
            for index in timing.rounds([lane.count for lane in lanes], shuffle):
                _sample(site, lanes[index], plan, answers)
            lanes = [lane for lane in lanes if answers[str(lane.cell)]["status"] == "ok"]
            fresh = site.truth(cells[0], FRESH + plan.launch)
            gate.refill(inputs, fresh.inputs)
            for lane in lanes:
                answers[str(lane.cell)] = _attempt(partial(_finish, site, lane, inputs, fresh, plan))
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
    site.step("preparation", str(cell))
    start = time.perf_counter()
    ready = stack.enter_context(_ready(site, cell, inputs))
    prepared = time.perf_counter()
    site.step("first call", str(cell))
    output = _consume(contestant.first_call(ready), truth)
    first = time.perf_counter() - prepared
    gate.match(output, truth, cell.device)
    gate.unchanged(inputs, truth)
    del output
    site.step("warm-up", str(cell))
    timed = partial(_timed, ready, clock, truth.component.stream, surroundings.flush(cell))
    lane = _Lane(cell, ready, timed, prepared - start, first)
    if cell.cold:
        seconds = min(timed(1).wall for _ in range(3))
    else:
        settled = first >= LONG and cell.executor != "compile"  # a first compiled call says nothing of the next
        seconds = first if settled else timing.warm(timed, plan.target)
        lane.calls = timing.calls_for(seconds, plan.target)
    lane.count = timing.rounds_for(seconds * lane.calls, plan.budget, plan.rounds)
    return lane


def _timed(
    ready: contestant.Contestant, clock: Clock, stream: bool, flush: Callable[[], Any], calls: int
) -> timing.Batch:
    flush()
    return (timing.stream if stream else timing.batch)(ready.call, ready.args, calls, clock)


def _sample(site: Site, lane: _Lane, plan: Plan, answers: dict[str, Any]) -> None:
    if answers[str(lane.cell)]["status"] != "ok":
        return

    def take() -> dict[str, Any]:
        site.step("sample", str(lane.cell))
        at = time.time() - plan.began
        before = _witness().read()
        batch = lane.timed(lane.calls)
        after = _witness().read()
        lane.at.append(at)
        lane.batches.append(batch)
        lane.witnessed.append(tuple(b - a for a, b in zip(before, after, strict=True)))
        return {}

    answers[str(lane.cell)] = _attempt(take)


def _finish(site: Site, lane: _Lane, inputs: Inputs, fresh: gate.Truth, plan: Plan) -> dict[str, Any]:
    site.step("call on fresh inputs", str(lane.cell))
    try:
        gate.match(lane.ready(), fresh, lane.cell.device)
        gate.unchanged(inputs, fresh)
    except gate.Wrong as problem:
        raise gate.Wrong(f"{problem} (on fresh inputs after the timing)") from problem
    return {"launch": to_json(lane.launch(plan.launch))}


# -- cost and trace ---------------------------------------------------------------------------------------------------


def cost(site: Site, cell: Cell) -> dict[str, Any]:
    """What one warm call of a cell uses beside time: ``{"status": ..., "cost": ...}``."""
    from benchmarks.cost import cost as measure

    def spend() -> dict[str, Any]:
        truth = site.truth(cell, 0)
        with surroundings.settings(cell), _ready(site, cell, gate.copy(truth.inputs, cell.device)) as ready:
            for _ in range(2):
                site.step("warm-up", str(cell))
                _consume(contestant.first_call(ready), truth)
            site.step("cost", str(cell))
            plain = ready.plain and partial(_whole, ready.plain, truth)
            return {"cost": asdict(measure(partial(_whole, ready, truth), plain))}

    return _attempt(spend)


def trace(site: Site, cell: Cell, folder: Path) -> dict[str, Any]:
    """A profiler's trace of a cell, below ``folder``: ``{"status": ..., "trace": ...}``."""
    from benchmarks.tracing import trace as record

    def profile() -> dict[str, Any]:
        truth = site.truth(cell, 0)
        with surroundings.settings(cell), _ready(site, cell, gate.copy(truth.inputs, cell.device)) as ready:
            for _ in range(2):
                site.step("warm-up", str(cell))
                _consume(contestant.first_call(ready), truth)
            site.step("trace", str(cell))
            return {"trace": to_json(record(ready, folder, stream=truth.component.stream))}

    return _attempt(profile)


def _whole(call: Callable[[], Any], truth: gate.Truth) -> Any:
    """A call with its stream consumed item by item; nothing of a stream is kept."""
    output = call()
    if not truth.component.stream:
        return output
    for _ in output:
        pass
    return None


# -- what the passes share --------------------------------------------------------------------------------------------


def _consume(output: Any, truth: gate.Truth) -> Any:
    """The whole output: a stream as a list, a device's work done."""
    output = list(output) if truth.component.stream else output
    import torch

    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return output


@contextlib.contextmanager
def _ready(site: Site, cell: Cell, inputs: Inputs) -> Iterator[contestant.Contestant]:
    """The cell's contestant, prepared, and closed at the end.

    Raises:
        contestant.Missing: it needs what is not here.
    """
    function = _variant(site, cell)
    if cell.executor == "compile":
        _start_compiler(site)
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(site.caches / cell.slug[:200])
    ready = contestant.prepare(function, cell.executor, inputs)
    try:
        yield ready
    finally:
        ready.close()
        if cell.executor == "compile":
            import torch

            torch._dynamo.reset()


def _variant(site: Site, cell: Cell) -> Callable[..., Any]:
    """The cell's function.

    Raises:
        contestant.Missing: it needs what is not here.
    """
    function = mount.variant(cell.component, cell.variant, site.mount)
    if reason := contestant.missing(getattr(function, "__needs__", ()), cell.executor, cell.device):
        raise contestant.Missing(reason)
    return function


def _attempt(step: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run one step of one cell and turn what it raises into a status; nothing of a variant escapes."""
    try:
        return {"status": "ok", "reason": "", **step()}
    except contestant.Missing as problem:
        return {"status": "skipped", "reason": str(problem)}
    except gate.Wrong as problem:
        return {"status": "wrong", "reason": str(problem)}
    except surroundings.Changed as problem:
        return {"status": "error", "reason": f"changes global state: {problem}"}
    except BaseException as problem:
        status = "oom" if _out_of_memory(problem) else "error"
        first = (str(problem).strip().splitlines() or [""])[0]
        if isinstance(problem, NotImplementedError) and first.startswith("needs "):
            return {"status": "skipped", "reason": first}
        return {"status": status, "reason": f"{type(problem).__name__}: {first}"[:500]}


def _out_of_memory(problem: BaseException) -> bool:
    text = str(problem)
    return (
        isinstance(problem, MemoryError)
        or type(problem).__name__ == "OutOfMemoryError"
        or "can't allocate memory" in text
        or "Cannot allocate memory" in text
    )


def _start_compiler(site: Site) -> None:
    """Compile something once in this process, so that no cell's cold compile pays for importing the compiler."""
    if site.compiler:
        return
    site.compiler = True
    site.step("start of the compiler", "")
    import torch

    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(site.caches / "first")
    torch.compile(lambda x: x * 2 + 1)(torch.ones(64, 64))
    torch._dynamo.reset()


_WITNESS: list[Witness] = []


def _witness() -> Witness:
    if not _WITNESS:
        _WITNESS.append(Witness())
    return _WITNESS[0]
