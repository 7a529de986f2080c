"""Compare one cell of two trees in a process each, for trees that cannot share one because their packages differ.

This gives the X of one epoch, as in ``pairing.pair``, but the turns are controlled from outside: one process is always
idle. The effect of memory layout on speed no longer cancels, so X spreads more and a verdict takes more epochs.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

from perfsuite.measuring import timing
from perfsuite.model.cell import Cell
from perfsuite.pairing import pair
from perfsuite.workers.process import Process


class _Failed(Exception):
    """A worker failed; holds its reply."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        super().__init__(answer["reason"])
        self.answer = answer


def measure(base: Process, head: Process, cell: str, plan: pair.Plan) -> dict[str, Any]:
    """Compare one cell, as :func:`perfsuite.pairing.pair.measure` does.

    Raises:
        Fault: a worker crashed, or one step took too long.
    """
    sides = {"A": base, "B": head}

    def ask(arm: str, do: str, **job: Any) -> dict[str, Any]:
        answer: dict[str, Any] = sides[arm].ask(do, **job)
        if answer["status"] != "ok":
            raise _Failed({**answer, "reason": f"{pair.side(arm)}: {answer['reason']}"})
        return answer

    def ready(arm: str) -> pair.Turn:
        ask(arm, "hold", cell=cell, side=plan.sides["AB".index(arm)], seeds=plan.seeds)
        return lambda calls, judged=False: timing.Batch(ask(arm, "batch", calls=calls, judged=judged)["wall"])

    def fill(at: int) -> None:
        for arm in sides:
            ask(arm, "fill", at=at)

    @contextlib.contextmanager
    def quiet() -> Iterator[None]:
        for arm in sides:
            ask(arm, "quiet")
        yield

    began = time.perf_counter()
    try:
        found = pair.compare(Cell.parse(cell), plan, ready, quiet, lambda what: None, fill)
        for arm in sides:
            ask(arm, "release")
    except _Failed as problem:
        for process in sides.values():
            process.ask("release")
        return dict(problem.answer)
    return {"status": "ok", "reason": "", **found, "seconds": time.perf_counter() - began}
