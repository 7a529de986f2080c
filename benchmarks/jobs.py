"""The jobs of a run's workers and of its referee: what each is asked for by, and what it answers in JSON's types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import accuracy, facts, limits, passes, software, turns
from benchmarks.cell import Cell
from benchmarks.record import to_json
from benchmarks.referee import Truths, judged, seeds
from benchmarks.serving import Job, Jobs
from benchmarks.site import Site, attempt


def _facts(job: Job, site: Site) -> Any:
    site.step("facts", "")
    return to_json(facts.look())


def _limits(job: Job, site: Site) -> Any:
    site.step("limits", "")
    return to_json(limits.probe(job["threads"], seconds=job["seconds"], names=job["names"], device=job["device"]))


def _accuracy(job: Job, site: Site) -> Any:
    site.step("accuracy", "")
    return accuracy.measure()


def _judge(job: Job, site: Site) -> Any:
    site.step("reference", "")
    site.truths = site.truths or Truths()
    return judged(job["question"], site.truths)


def _seeds(job: Job, site: Site) -> Any:
    site.step("seeds", "")
    return seeds(*job["arguments"])


def _alone(job: Job, site: Site) -> Any:
    """Make a cell ready that has this process for itself; its samples are asked for one by one."""

    def take() -> dict[str, Any]:
        site.held = turns.Alone(site, Cell.parse(job["cell"]), turns.Plan(**job["plan"]))
        return {"count": site.held.count}

    return attempt(take)


def _sample(job: Job, site: Site) -> Any:
    def take() -> dict[str, Any]:
        site.held.sample(job["at"])
        return {}

    return attempt(take)


JOBS: Jobs = {
    "ready": lambda job, site: None,
    "environment": lambda job, site: software.environment(),
    "facts": _facts,
    "limits": _limits,
    "accuracy": _accuracy,
    "judge": _judge,
    "seeds": _seeds,
    "check": lambda job, site: passes.check(site, Cell.parse(job["cell"]), job["seeds"], job.get("cost", False)),
    "time": lambda job, site: turns.interleave(
        site, [Cell.parse(cell) for cell in job["cells"]], turns.Plan(**job["plan"])
    ),
    "import": lambda job, site: site.warm(job["modules"], job["compiler"]),
    "load": lambda job, site: site.load(Cell.parse(job["cell"]), job["seeds"]),
    "alone": _alone,
    "sample": _sample,
    "finish": lambda job, site: attempt(lambda: site.held.finish()),
    "trace": lambda job, site: passes.trace(site, Cell.parse(job["cell"]), job["seed"], Path(job["folder"])),
}
