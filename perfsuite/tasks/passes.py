"""A worker's part of each pass: check, time, cost, trace. torch is imported only inside the functions.

Each pass runs in its own process, because a profiler inside a timed region changed a published speed-up from 2.17x to
1.87x.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from perfsuite.accounting.parts import parts
from perfsuite.instruments import cost as costs
from perfsuite.instruments import operators, tracing
from perfsuite.isolation import compiling, state, surroundings
from perfsuite.measuring import prepared
from perfsuite.measuring.clock import clock_for
from perfsuite.model.cell import Cell
from perfsuite.model.record import Proof, to_json
from perfsuite.proving import closeness, gate, outputs
from perfsuite.tasks import trial
from perfsuite.workers.context import WorkerContext, consume, first_call, ready_in, start_compiler, timed_in, variant_of
from perfsuite.workers.outcomes import attempt

MANY = 20_000  # operators of a call, beyond which tracing takes many seconds: its parts are not counted
COST = "memory and operators"  # the step of a check whose failure says nothing about the output


# -- check ------------------------------------------------------------------------------------------------------------


def check(context: WorkerContext, cell: Cell, seeds: Sequence[int], cost: bool = False) -> dict[str, Any]:
    """Prove one cell on the inputs of ``seeds``: ``{"status": ..., "reason": ..., "proof": ..., "cost": ...}``.

    With ``cost``, memory and operators of a call are measured too, since the cell is prepared and warm here. No time
    that is shown comes from this process.
    """

    def prove() -> dict[str, Any]:
        variant_of(context, cell)
        contents = [context.content(cell, seed) for seed in seeds]
        inputs, seen = gate.copy(contents[0].inputs, cell.device), outputs.Seen()
        if cell.compiles:
            start_compiler(context)
        with surroundings.kept(cell):
            context.step("preparation and first call", str(cell))
            before = state.threads()
            start = time.perf_counter()
            with compiling.watched(cell) as compiled, ready_in(context, cell, inputs) as ready:
                consume(first_call(cell, ready), contents[0].component)
                first = time.perf_counter() - start
                calls: list[float] = []

                def timed() -> Any:
                    context.step("proof", str(cell))
                    start = time.perf_counter()
                    output = consume(ready(), contents[0].component)
                    calls.append(time.perf_counter() - start)
                    return output

                def judge(output: Any, content: Any, device: str) -> closeness.Match:
                    return context.judge(cell, inputs, output, content, seen)

                found = gate.prove(timed, inputs, contents, cell.device, judge)
                shown = timed_in(cell, ready, clock_for(cell.device))
                look = partial(context.judge_timed, cell, inputs, contents[0])
                trial.audition(context, cell, shown, min(calls), look, before)
                pairs = trial.repeated(context, cell, shown, inputs, contents[0], seen)
                compiled(partial(_whole, ready, contents[0]))
                proof = asdict(Proof(found.error, found.share, len(seeds), first, min(calls), tuple(seeds)))
                return {
                    "proof": proof,
                    "new contents": pairs,
                    **(_cost(context, cell, ready, contents[0]) if cost else {}),
                }

    def listened_to() -> dict[str, Any]:
        with trial.listening(context, cell):
            return prove()

    return attempt(listened_to)


def _cost(context: WorkerContext, cell: Cell, ready: prepared.Prepared, content: gate.Content) -> dict[str, Any]:
    """Memory and operators of a warm call: ``{"cost": ...}``, or ``{"no cost": reason}``."""
    context.step(COST, str(cell))
    call, plain = _calls(ready, content)

    def taken() -> dict[str, Any]:
        found = costs.cost(call, plain)
        known = {}
        if cell.device == "cpu" and (found.ops or 0) <= MANY:
            known = attempt(lambda: {"parts": parts(call, None if cell.compiles else plain)})
        return {"cost": asdict(replace(found, parts=known.get("parts")))}

    answer = attempt(taken)
    return {"cost": answer["cost"]} if "cost" in answer else {"no cost": answer["reason"]}


def _calls(ready: prepared.Prepared, content: gate.Content) -> tuple[Callable[[], Any], Callable[[], Any] | None]:
    """A whole call of a cell, and the same work uncompiled, if that can be called."""
    return partial(_whole, ready, content), ready.plain and partial(_whole, ready.plain, content)


def parts_again(context: WorkerContext, cell: Cell, seed: int) -> dict[str, Any]:
    """The parts of a warm call, in a process that has not checked it: ``{"status": ..., "parts": ...}``."""

    def count() -> dict[str, Any]:
        content = context.content(cell, seed)
        with surroundings.settings(cell), ready_in(context, cell, gate.copy(content.inputs, cell.device)) as ready:
            consume(first_call(cell, ready), content.component)
            context.step(COST, str(cell))
            call, plain = _calls(ready, content)
            costs.cost(call, plain)  # so that it is as warm as in a check
            return {"parts": to_json(parts(call, None if cell.compiles else plain))}

    return attempt(count)


# -- counts and trace -------------------------------------------------------------------------------------------------


def counts(context: WorkerContext, cell: Cell, seed: int, instructions: bool = False) -> dict[str, Any]:
    """The counts of a warm call that are the same in every process: ``{"status": ..., "counts": {"operators": ...}}``.

    A count is ``None`` where it cannot be taken, such as operators in compiled code.
    """

    def count() -> dict[str, Any]:
        content = context.content(cell, seed)
        with surroundings.settings(cell), ready_in(context, cell, gate.copy(content.inputs, cell.device)) as ready:
            before = compiling.graphs() if cell.compiles else 0
            consume(first_call(cell, ready), content.component)
            context.step("counts", str(cell))
            call, plain = _calls(ready, content)
            ops, views, traffic = operators.operators(plain) if plain else (None, None, None)
            held = costs.in_torch(call) if cell.device == "cpu" and costs.sees_memory() else None
            return {
                "counts": {
                    "operators": ops,
                    "views": views,
                    "bytes moved": traffic,
                    "allocations": held and held.allocations,
                    "peak bytes": held and held.peak,
                    "graphs": compiling.graphs() - before if cell.compiles else None,
                    "Python instructions": operators.instructions(call) if instructions else None,
                }
            }

    return attempt(count)


def trace(context: WorkerContext, cell: Cell, seed: int, folder: Path) -> dict[str, Any]:
    """Write a profiler trace of a cell below ``folder``: ``{"status": ..., "trace": ...}``."""

    def profile() -> dict[str, Any]:
        content = context.content(cell, seed)
        with surroundings.settings(cell), ready_in(context, cell, gate.copy(content.inputs, cell.device)) as ready:
            context.step("warm-up", str(cell))
            consume(first_call(cell, ready), content.component)
            consume(ready(), content.component)
            context.step("trace", str(cell))
            component = content.component
            call = partial(_whole, ready, content) if component.timeline else ready
            stream = component.stream and not component.timeline
            return {"trace": to_json(tracing.trace(call, folder, stream=stream))}

    return attempt(profile)


def _whole(call: Callable[[], Any], content: gate.Content) -> Any:
    """A call with its stream consumed item by item; no item is kept."""
    output = call()
    if not content.component.stream:
        return output
    for _ in output:
        pass
    return None
