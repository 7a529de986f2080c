"""The jobs of a run's workers and of its referee, by name; each returns its result in JSON types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perfsuite.accounting import trials
from perfsuite.host import software
from perfsuite.instruments import accuracy, limits
from perfsuite.model.cell import Cell
from perfsuite.model.record import to_json
from perfsuite.project import catalogue
from perfsuite.tasks import first_calls, passes, single, turns
from perfsuite.workers.contents import Truths
from perfsuite.workers.context import WorkerContext
from perfsuite.workers.outcomes import attempt
from perfsuite.workers.referee import judged, seeds, size, work
from perfsuite.workers.serving import Job, Jobs


def _facts(job: Job, context: WorkerContext) -> Any:
    context.step("facts", "")
    return to_json(catalogue.PROJECT.module("facts").look())


def _limits(job: Job, context: WorkerContext) -> Any:
    context.step("limits", "")
    return to_json(limits.probe(job["threads"], seconds=job["seconds"], names=job["names"], device=job["device"]))


def _accuracy(job: Job, context: WorkerContext) -> Any:
    context.step("accuracy", "")
    return accuracy.measure()


def _trials(job: Job, context: WorkerContext) -> Any:
    context.step("trials of the parts", "")
    return trials.measure()


def _judge(job: Job, context: WorkerContext) -> Any:
    context.step("reference", "")
    context.truths = context.truths or Truths()
    return judged(job["question"], context.truths)


def _known(job: Job, context: WorkerContext) -> Any:
    return context.truths.verdicts if context.truths else {}


def _learn(job: Job, context: WorkerContext) -> Any:
    context.truths = context.truths or Truths()
    context.truths.verdicts |= job["verdicts"]


def _work(job: Job, context: WorkerContext) -> Any:
    context.step("reference", "")
    context.truths = context.truths or Truths()
    component, case, seed = job["arguments"]
    return work(component, case, seed, context.truths)


def _size(job: Job, context: WorkerContext) -> Any:
    context.step("size of the inputs", "")
    component, case = job["arguments"]
    return size(component, case)


def _seeds(job: Job, context: WorkerContext) -> Any:
    context.step("seeds", "")
    context.truths = context.truths or Truths()
    component, case, secret, count = job["arguments"]
    return seeds(component, case, secret, count, context.truths if job["results"] else None)


def _alone(job: Job, context: WorkerContext) -> Any:
    """Prepare a cell that has this process to itself; its samples are requested one by one."""

    def take() -> dict[str, Any]:
        context.held = single.Alone(context, Cell.parse(job["cell"]), turns.Plan(**job["plan"]))
        return {"count": context.held.count}

    return attempt(take)


def _sample(job: Job, context: WorkerContext) -> Any:
    def take() -> dict[str, Any]:
        context.held.sample(job["at"])
        return {}

    return attempt(take)


JOBS: Jobs = {
    "ready": lambda job, context: None,
    "environment": lambda job, context: software.environment(),
    "facts": _facts,
    "limits": _limits,
    "accuracy": _accuracy,
    "trials": _trials,
    "judge": _judge,
    "known": _known,
    "learn": _learn,
    "seeds": _seeds,
    "size": _size,
    "work": _work,
    "check": lambda job, context: passes.check(context, Cell.parse(job["cell"]), job["seeds"], job.get("cost", False)),
    "parts": lambda job, context: passes.parts_again(context, Cell.parse(job["cell"]), job["seed"]),
    "time": lambda job, context: turns.interleave(
        context, [Cell.parse(cell) for cell in job["cells"]], turns.Plan(**job["plan"])
    ),
    "import": lambda job, context: context.warm(job["modules"], job["compiler"]),
    "compiler": lambda job, context: to_json(context.compiler),
    "first call": lambda job, context: first_calls.first(
        context, Cell.parse(job["cell"]), job["seed"], Path(job["caches"])
    ),
    "shapes": lambda job, context: first_calls.shapes(
        context,
        Cell.parse(job["cell"]),
        job["seed"],
        [first_calls.Other(**other) for other in job["others"]],
        Path(job["caches"]),
    ),
    "load": lambda job, context: context.load(Cell.parse(job["cell"]), job["seeds"]),
    "alone": _alone,
    "sample": _sample,
    "finish": lambda job, context: attempt(lambda: context.held.finish()),
    "trace": lambda job, context: passes.trace(context, Cell.parse(job["cell"]), job["seed"], Path(job["folder"])),
}
