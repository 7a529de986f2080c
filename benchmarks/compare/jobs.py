"""The jobs of a comparison's workers, beside those that a run's have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import jobs, passes
from benchmarks.cell import Cell
from benchmarks.compare import pair
from benchmarks.serving import Job, Jobs
from benchmarks.site import Site, attempt


def _turn(step: Callable[[Job, Site], dict[str, Any] | None]) -> Callable[[Job, Site], Any]:
    """One turn of a cell whose other arm is in another process."""
    return lambda job, site: attempt(lambda: step(job, site) or {})


def _hold(job: Job, site: Site) -> None:
    site.held = pair.Held(site, Cell.parse(job["cell"]), job["seeds"])


JOBS: Jobs = {
    **jobs.JOBS,
    "counts": lambda job, site: passes.counts(site, Cell.parse(job["cell"]), job["seed"], job["instructions"]),
    "pair": lambda job, site: pair.measure(site, Cell.parse(job["cell"]), pair.Plan(**job["plan"])),
    "hold": _turn(_hold),
    "quiet": _turn(lambda job, site: site.held.quiet()),
    "batch": _turn(lambda job, site: {"wall": site.held.batch(job["calls"], job["judged"])}),
    "fill": _turn(lambda job, site: site.held.fill(job["at"])),
    "release": _turn(lambda job, site: site.held.release()),
}
