"""Time a variant in a trial whose times are not recorded, to see what it does while it is timed.

The trial finds out whether it inspects its callers, whether its work is done when it returns, and whether it does the
work in every call.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from perfsuite.isolation import audit, surroundings
from perfsuite.measuring import timing
from perfsuite.model.cell import Cell
from perfsuite.model.component import Inputs
from perfsuite.project import mount
from perfsuite.proving import answer, gate, outputs, repeats
from perfsuite.workers.context import WorkerContext

LONGEST = 0.5  # seconds: a variant with longer calls gets no trial
CALLS = 3  # per batch of the trial, unless calls are long
BUSY, MOST = 0.01, 1000  # seconds of calls, and their maximum number, before checking for threads that still work
SURE = 3  # batches that must all end with another thread at work before it counts as a fault


@contextlib.contextmanager
def listening(context: WorkerContext, cell: Cell) -> Iterator[None]:
    """Watch what a variant inspects; this is reported before any other error, because it may be the cause of it.

    Raises:
        gate.Wrong: it inspects something that it must not.
    """
    with audit.installed().armed(mount.trees(context.mount, context.side), cell.component) as seen:
        try:
            yield
        except gate.Wrong:
            if not seen:
                raise
    if seen:
        raise gate.Wrong(seen[0])


def audition(
    context: WorkerContext,
    cell: Cell,
    timed: timing.Shown,
    seconds: float,
    look: timing.Look,
    before: Mapping[int, int] | None = None,
) -> None:
    """Time a cell as in a launch, by the same code, and watch what it does meanwhile.

    For a process whose times are not recorded. ``seconds`` is about what a call takes, ``look`` judges an output, and
    ``before`` holds the threads (:func:`perfsuite.isolation.state.threads`) that existed before the cell was prepared;
    without it, there is no check for threads that still work.

    Raises:
        gate.Wrong: an output is wrong, it inspects its callers, or its work goes on after it has returned.
    """
    if seconds > LONGEST:
        return
    calls, batches = (1, 1) if seconds > BUSY else (CALLS, 2)
    with listening(context, cell):
        for _ in range(batches):
            context.step("audition", str(cell))
            timed(calls, look)
        if before is not None and cell.device == "cpu" and cell.threads == "1":
            context.step("audition", str(cell))
            _at_rest(partial(timed, min(max(calls, timing.calls_for(seconds, BUSY)), MOST)), before)


def _at_rest(batch: Callable[[timing.Look], object], before: Mapping[int, int]) -> None:
    """Check that no other thread still works when a batch has ended; several batches rule out a coincidence.

    Raises:
        gate.Wrong: another thread was at work after every batch.
    """
    found: list[int] = []
    for _ in range(SURE):
        batch(lambda _: found.append(surroundings.working(before)))
        if not found[-1]:
            return
    raise gate.Wrong(f"its work goes on after it has returned: {max(found)} thread(s) still run")


def repeated(
    context: WorkerContext,
    cell: Cell,
    timed: timing.Shown,
    inputs: Inputs,
    content: gate.Content,
    seen: outputs.Seen | None = None,
    enough: float = repeats.ENOUGH,
) -> float | None:
    """How many times longer a call takes on new contents; ``None`` where that was not measured.

    It takes about ``enough`` seconds; 0 means one pair of calls, and more only if that looks suspicious. An output for
    new contents that is among those ``seen`` for others is judged.

    Raises:
        Wrong: it takes so much longer that the variant must have remembered outputs for the old contents, or it
            answers with one of them.
    """
    if cell.variant in content.component.quick_again:
        return None

    def look(contents: gate.Content, output: Any) -> None:
        assert seen
        if seen.add(answer.taken(output, contents, inputs, cell.device)):
            try:
                context.judge(cell, inputs, output, contents)
            except gate.Wrong as problem:
                raise gate.Wrong(f"returns for new inputs what it returned for others: {problem}") from problem

    context.step("calls on new contents", str(cell))
    fresh = partial(context.fresh, cell)
    pairs = repeats.measure(timed, inputs, content.inputs, fresh, enough, look if seen else None)
    return round(pairs.ratio, 3) if pairs.same else None
