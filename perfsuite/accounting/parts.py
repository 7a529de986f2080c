"""The parts of one call of a cell: operators, autograd, Python, native code. Runs in a worker, and times no cell."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from perfsuite.accounting import kernels
from perfsuite.accounting.interpreter import Place, caller, traced
from perfsuite.model.record import Parts

Call = Callable[[], object]
LONGEST = 0.05  # seconds: the profiler takes many times as long, so the steps of a longer call are not counted
STEP = "autograd::engine::evaluate_function"  # how the names of the profiler's events for a node begin


def parts(call: Call, plain: Call | None) -> Parts:
    """The parts of ``call``, which has run before.

    Args:
        call: runs the cell once.
        plain: the same work uncompiled; ``None`` if there is no such callable. Compiled code runs eagerly under a
            dispatch mode, so what is counted would be another program: nothing is counted of it but Python.
    """
    import torch

    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    own = kernels.alone(plain, clock) if plain else None
    seen = traced(plain, _dispatching(plain)) if plain else traced(call)
    nodes, steps = _autograd(call, seen.starts)
    return Parts(
        operators=own,
        nodes=nodes,
        steps=steps,
        starts=seen.starts,
        instructions=seen.instructions if seen.whole else None,
        native=seen.native,
    )


def _dispatching(plain: Call) -> dict[Place, float]:
    """The instructions of a call that dispatch operators, with the seconds in all of these."""
    from torch.utils._python_dispatch import TorchDispatchMode

    seconds: dict[Place, float] = {}

    class Telling(TorchDispatchMode):  # type: ignore[misc]
        """Run operators, and note who called them and what they took: with their own numbers, which may be slow."""

        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            return "torch._dynamo" in sys.modules

        def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            start = time.thread_time()
            try:
                return operator(*args, **(kwargs or {}))
            finally:
                spent, where = time.thread_time() - start, caller(sys._getframe(1))
                seconds[where] = seconds.get(where, 0.0) + spent

    with Telling():
        plain()
    return seconds


def _autograd(call: Call, starts: int) -> tuple[int | None, int | None]:
    """The autograd nodes that a call records, and those that it runs backward; both from private parts of torch."""
    import torch
    from torch.autograd.profiler import profile

    number = getattr(torch._C._autograd, "_get_sequence_nr", None)
    before = number() if number else 0
    began = time.perf_counter()
    call()
    lasted = time.perf_counter() - began
    nodes = number() - before if number else None
    if not starts:
        return nodes, 0
    if lasted > LONGEST:
        return nodes, None
    with profile(use_kineto=True, acc_events=True) as seen:
        call()
    results = getattr(seen, "kineto_results", None)
    return nodes, sum(event.name().startswith(STEP) for event in results.events()) if results else None
