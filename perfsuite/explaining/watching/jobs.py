"""The jobs of an explanation's workers, in addition to those of a comparison's workers."""

from __future__ import annotations

from pathlib import Path

from perfsuite.explaining.watching import counting, passes
from perfsuite.model.cell import Cell
from perfsuite.pairing import jobs
from perfsuite.workers.serving import Jobs

JOBS: Jobs = {
    **jobs.JOBS,
    "evidence": lambda job, context: passes.counts(context, Cell.parse(job["cell"]), job["seed"]),
    "resources": lambda job, context: passes.resources(context, Cell.parse(job["cell"]), job["seed"], job["seconds"]),
    "frames": lambda job, context: passes.frames(
        context, Cell.parse(job["cell"]), job["seed"], job["seconds"], Path(job["path"])
    ),
    "functions": lambda job, context: counting.count(context, Cell.parse(job["cell"]), job["seed"], job["calls"]),
    "prices": lambda job, context: passes.prices(),
    "roofs": lambda job, context: {"roofs": jobs.JOBS["limits"](job, context)},
}
