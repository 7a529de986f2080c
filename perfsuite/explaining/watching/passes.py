"""A worker's part of each pass of an explanation. Every pass has a process of its own, and none is timed in another."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from perfsuite.explaining.watching import dispatched, sampling
from perfsuite.host.counters import Counters
from perfsuite.instruments import cost as costs
from perfsuite.instruments import operators
from perfsuite.isolation import compiling, surroundings
from perfsuite.measuring import prepared, processor
from perfsuite.model import nested
from perfsuite.model.cell import Cell
from perfsuite.proving import gate
from perfsuite.workers.context import WorkerContext, consume, first_call, ready_in, start_compiler
from perfsuite.workers.outcomes import attempt

Call = Callable[[], Any]
WARM = 3  # calls before anything is counted
AGAIN = 3  # warm calls in which a compiler must be quiet
TRIES, FETCHES = 5, 1000  # of a value into Python, to learn what that costs


@contextlib.contextmanager
def warm(context: WorkerContext, cell: Cell, seed: int) -> Iterator[tuple[Call, prepared.Prepared, gate.Content]]:
    """A call of ``cell`` that has run before, whose stream is consumed, if it returns one."""
    content = context.content(cell, seed)
    with surroundings.settings(cell), ready_in(context, cell, gate.copy(content.inputs, cell.device)) as ready:
        context.step("warm-up", str(cell))
        consume(first_call(cell, ready), content.component)

        def call() -> Any:
            return consume(ready(), content.component)

        for _ in range(WARM - 1):
            call()
        context.step("evidence", str(cell))
        yield call, ready, content


def counts(context: WorkerContext, cell: Cell, seed: int) -> dict[str, Any]:
    """What a warm call dispatches, compiles, allocates and returns: ``{"status": ..., "counts": ...}``."""

    def count() -> dict[str, Any]:
        if cell.compiles:
            start_compiler(context)  # it compiles something itself
        before = _compiled()
        with warm(context, cell, seed) as (call, ready, content):
            made = {name: value - before[name] for name, value in _compiled().items()}
            # What is compiled in a call runs uncompiled where operators are watched: that would be another program.
            compiled = bool(made["graphs"])
            held = costs.cost(call, None)
            found = {
                **made,
                **_again(call),
                "compiled": compiled,
                "peak": held.peak,
                "allocations": held.allocations,
                "kept": _kept(call),
            }
            if ready.plain and not compiled:
                found |= dispatched.seen(_whole(ready.plain, content), content.inputs)
                found["instructions"] = operators.instructions(call)
            return {"counts": found}

    return attempt(count)


def _whole(plain: Call, content: gate.Content) -> Call:
    """The uncompiled call; a stream is consumed, and no item is kept."""
    return (lambda: [None for _ in plain()]) if content.component.stream else plain


def _compiled() -> dict[str, int]:
    """What the compiler has made in this process so far. Its own counters are private to torch."""
    if "torch._dynamo" not in sys.modules:
        return {"graphs": 0, "breaks": 0, "kernels": 0}
    from torch._dynamo.utils import counters

    metrics = sys.modules.get("torch._inductor.metrics")
    return {
        "graphs": compiling.graphs(),
        "breaks": int(sum(counters["graph_break"].values())),
        "kernels": int(getattr(metrics, "generated_kernel_count", 0)),
    }


def _again(call: Call) -> dict[str, Any]:
    """The graphs that a warm call compiles, and the seconds that it takes for that."""
    before, spent = compiling.graphs(), _in_compiler()
    for _ in range(AGAIN):
        call()
    compiled = (compiling.graphs() - before) / AGAIN
    return {"recompiled": compiled, "compiling": (_in_compiler() - spent) / AGAIN if compiled else 0.0}


def _in_compiler() -> float:
    """Seconds in the compiler so far; 0 where this torch does not tell."""
    utils = sys.modules.get("torch._dynamo.utils")
    times = getattr(utils, "compilation_time_metrics", {})
    return float(sum(times.get("_compile.compile_inner", ())))


def _kept(call: Call) -> int:
    """Bytes of the result that a call allocates: those of storages that an earlier result does not have."""
    first, second = call(), call()
    known, new = set(_storages(first)), _storages(second)
    return sum(size for address, size in new.items() if address not in known)


def _storages(result: Any) -> dict[int, int]:
    """Address -> bytes, of the tensors and arrays in ``result``."""
    found: dict[int, int] = {}
    for leaf in nested.leaves(result):
        if hasattr(leaf, "untyped_storage"):
            with contextlib.suppress(RuntimeError, NotImplementedError):  # sparse tensors have no storage
                found[leaf.untyped_storage().data_ptr()] = leaf.untyped_storage().nbytes()
        elif hasattr(leaf, "__array_interface__"):
            found[leaf.__array_interface__["data"][0]] = leaf.nbytes
    return found


def resources(context: WorkerContext, cell: Cell, seed: int, seconds: float) -> dict[str, Any]:
    """What the system counts in plain calls during ``seconds``: ``{"status": ..., "counts": ...}``."""
    import resource

    def count() -> dict[str, Any]:
        with (
            contextlib.closing(processor.Processor()) as hardware,  # before the cell starts threads
            warm(context, cell, seed) as (call, _, _),
            surroundings.undisturbed(),
        ):
            counters, had = Counters(), hardware.read()
            usage, own, start = resource.getrusage(resource.RUSAGE_SELF), counters.read(), time.perf_counter()
            calls = 0
            while calls < WARM or time.perf_counter() - start < seconds:
                call()
                calls += 1
            wall, now = time.perf_counter() - start, counters.read()
            after, counted = resource.getrusage(resource.RUSAGE_SELF), processor.between(had, hardware.read())
            cpu = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
            switches = after.ru_nvcsw + after.ru_nivcsw - usage.ru_nvcsw - usage.ru_nivcsw
            told = {
                "wall": wall,
                "cpu": cpu,
                "system": after.ru_stime - usage.ru_stime,
                "faults": after.ru_minflt - usage.ru_minflt,
                "switches": switches,
                "waited": (now[1] - own[1]) * 1e-9,
                **counted,
            }
            return {"counts": {name: value / calls for name, value in told.items()}}

    return attempt(count)


def frames(context: WorkerContext, cell: Cell, seed: int, seconds: float, path: Path) -> dict[str, Any]:
    """Sample the stacks of calls during ``seconds`` into ``path``: ``{"status": ..., "folded": ...}``."""

    def sample() -> dict[str, Any]:
        with warm(context, cell, seed) as (call, _, _):
            return {"folded": sampling.sampled(call, seconds, path)}

    return attempt(sample)


def prices() -> dict[str, Any]:
    """Seconds of a synchronisation: the least of several tries. What else has a price is among the limits."""
    import torch

    one, taken = torch.ones(1), []
    for _ in range(TRIES):
        start = time.perf_counter()
        for _ in range(FETCHES):
            one.item()
        taken.append((time.perf_counter() - start) / FETCHES)
    return {"sync": min(taken)}
