"""The first calls of a compiled cell, in a process that has called no other: what compiling costs.

Runs in a worker, one job in each; torch is imported only inside the functions.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfsuite.isolation import compiling, surroundings
from perfsuite.measuring import executors
from perfsuite.model import nested
from perfsuite.model.cell import Cell
from perfsuite.model.component import Inputs
from perfsuite.model.record import ShapeCall, to_json
from perfsuite.proving import gate
from perfsuite.workers.context import (
    INDUCTOR,
    WorkerContext,
    consume,
    first_call,
    ready_in,
    start_compiler,
    variant_of,
)
from perfsuite.workers.outcomes import attempt

SHAPES = 3  # that a variant is called with: after two, torch has made the sizes that differ dynamic


def first(context: WorkerContext, cell: Cell, seed: int, caches: Path) -> dict[str, Any]:
    """The seconds of preparation and first call, whose result is judged: ``{"status": ..., "seconds": ...}``.

    ``caches`` is the folder for compiled code: an empty one makes the call cold, a filled one warm. Importing the
    variant's file, starting the compiler and making the inputs are not included.
    """

    def call() -> dict[str, Any]:
        content = context.content(cell, seed)
        variant_of(context, cell)
        inputs = gate.copy(content.inputs, cell.device)
        start_compiler(context)
        context.caches = caches
        with surroundings.kept(cell):
            context.step("preparation and first call", str(cell))
            start = time.perf_counter()
            with ready_in(context, cell, inputs) as ready:
                output = consume(first_call(cell, ready), content.component)
                seconds = time.perf_counter() - start
                context.judge(cell, inputs, output, content)
        return {"seconds": seconds}

    return attempt(call)


@dataclass(frozen=True)
class Other:
    """Inputs of another shape."""

    case: str
    seed: int


def shapes(context: WorkerContext, cell: Cell, seed: int, others: Sequence[Other], caches: Path) -> dict[str, Any]:
    """The first calls on inputs of several shapes: ``{"status": ..., "shapes": [ShapeCall, ...]}``.

    The shapes are that of ``cell``, and those of ``others`` that differ from it in sizes alone. Compiled as by torch's
    default. The results of functions are judged; a module has other weights in another case, and is judged only in its
    own.
    """

    def calls() -> dict[str, Any]:
        own = context.content(cell, seed)
        function = variant_of(context, cell)
        start_compiler(context)
        os.environ[INDUCTOR] = str(caches)
        found = []
        with surroundings.kept(cell):
            call = executors.applied(cell.executor, function, adaptive=True)
            for at, other in enumerate([Other(cell.case, seed), *others]):
                there = dataclasses.replace(cell, case=other.case)
                content = own if not at else context.content(there, other.seed)
                if at and not _resized(own.inputs, content.inputs):
                    continue
                inputs = gate.copy(content.inputs, cell.device)
                context.step("first call with a shape", str(cell))
                before = compiling.graphs()
                output, seconds = _timed(call, inputs, content)
                graphs = compiling.graphs() - before
                if not at or content.component.call is None:
                    context.judge(there, inputs, output, content)
                _, again = _timed(call, inputs, content)
                found.append(ShapeCall(other.case, seconds, again, graphs))
                if len(found) == SHAPES:
                    break
        return {"shapes": to_json(found)}

    return attempt(calls)


def _timed(call: Any, inputs: Inputs, content: gate.Content) -> tuple[Any, float]:
    start = time.perf_counter()
    output = consume(call(*inputs), content.component)
    return output, time.perf_counter() - start


def _resized(one: Inputs, other: Inputs) -> bool:
    """Whether the inputs differ in the sizes of tensors, and in nothing else but their contents."""
    mine, theirs = list(nested.leaves(one)), list(nested.leaves(other))
    if len(mine) != len(theirs) or any(type(a) is not type(b) for a, b in zip(mine, theirs, strict=True)):
        return False
    pairs = [(a, b) for a, b in zip(mine, theirs, strict=True) if hasattr(a, "shape")]
    same = all(a.dtype == b.dtype and len(a.shape) == len(b.shape) for a, b in pairs)
    return same and any(a.shape != b.shape for a, b in pairs)
