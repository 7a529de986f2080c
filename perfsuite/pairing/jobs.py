"""The jobs of a comparison's workers, in addition to those of a run's workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perfsuite.isolation import private
from perfsuite.model.cell import Cell
from perfsuite.pairing import pair
from perfsuite.project.catalogue import PROJECT
from perfsuite.project.declarations import by_decorator
from perfsuite.tasks import jobs, passes
from perfsuite.workers.context import WorkerContext
from perfsuite.workers.outcomes import attempt
from perfsuite.workers.serving import Job, Jobs


def _turn(step: Callable[[Job, WorkerContext], dict[str, Any] | None]) -> Callable[[Job, WorkerContext], Any]:
    """One turn of a cell whose other arm is in another process."""
    return lambda job, context: attempt(lambda: step(job, context) or {})


def _hold(job: Job, context: WorkerContext) -> None:
    context.held = pair.Held(context, Cell.parse(job["cell"]), job["seeds"])


def _strangers(job: Job, context: WorkerContext) -> list[str]:
    """What of the measured packages did not come from the trees of this worker."""
    return private.strangers(PROJECT.measured, context.mount, job["compiled"]) if by_decorator() else []


JOBS: Jobs = {
    **jobs.JOBS,
    "counts": lambda job, context: passes.counts(context, Cell.parse(job["cell"]), job["seed"], job["instructions"]),
    "pair": lambda job, context: pair.measure(context, Cell.parse(job["cell"]), pair.Plan(**job["plan"])),
    "strangers": _strangers,
    "hold": _turn(_hold),
    "quiet": _turn(lambda job, context: context.held.quiet()),
    "batch": _turn(lambda job, context: {"wall": context.held.batch(job["calls"], job["judged"])}),
    "fill": _turn(lambda job, context: context.held.fill(job["at"])),
    "release": _turn(lambda job, context: context.held.release()),
}
