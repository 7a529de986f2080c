"""What a variant does while it is timed for a trial, in a process whose times nobody sees.

Whether it looks at who calls it, whether its work is done when it returns, and whether it does it at each call.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from perfsuite.isolation import audit, surroundings
from perfsuite.measuring import timing
from perfsuite.model.cell import Cell
from perfsuite.model.component import Inputs
from perfsuite.proving import gate, repeats
from perfsuite.workers.context import WorkerContext

LONGEST = 0.5  # seconds: who takes longer is not timed for a trial
CALLS = 3  # of a batch of the trial, unless they are long
BUSY, MOST = 0.01, 1000  # seconds of calls, and most of them, before it is looked whether another thread works on
SURE = 3  # batches that must end with another thread at work before that is a fault


@contextlib.contextmanager
def listening(context: WorkerContext, cell: Cell) -> Iterator[None]:
    """See what a variant looks at; that comes before all else that is wrong with it, for it may be the reason.

    Raises:
        gate.Wrong: it looks at what it has no business to look at.
    """
    with audit.installed().armed(context.mount / context.package, cell.component) as seen:
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
    """Let a cell be timed as in a launch, by the same code, and see what it does meanwhile.

    For a process whose times nobody sees. ``seconds`` is about what a call takes, ``look`` judges an answer, and
    ``before`` are the threads (:func:`perfsuite.isolation.state.threads`) that were there before it; without them
    nobody asks whether others work on.

    Raises:
        gate.Wrong: an answer is wrong, it looks at who calls it, or its work goes on after it has returned.
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
    """Check that no other thread works on when a batch has ended; one that does so by chance does not each time.

    Raises:
        gate.Wrong: one does.
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
    timed: timing.Timed,
    inputs: Inputs,
    content: gate.Content,
    enough: float = repeats.ENOUGH,
) -> float | None:
    """How many times longer a call takes on new contents; ``None`` where that was not measured.

    It takes about ``enough`` seconds; 0 is one pair of calls, and more only where that looks suspicious.

    Raises:
        Wrong: so much that the answers to the old ones must be remembered.
    """
    if cell.variant in content.component.quick_again:
        return None
    context.step("calls on new contents", str(cell))
    pairs = repeats.measure(timed, inputs, content.inputs, partial(context.fresh, cell), enough)
    return round(pairs.ratio, 3) if pairs.same else None
