"""The last pass of a run: profiler traces of the requested cells."""

from __future__ import annotations

from pathlib import Path

from perfsuite.model.cell import Cell
from perfsuite.model.fault import Fault
from perfsuite.model.record import FAILED
from perfsuite.running.context import Context


def trace(run: Context) -> None:
    """Trace each requested cell that was timed, in a worker of this pass."""
    with run.workers.fresh():
        for name in run.options.traces:
            if not run.timed(name) or name in run.found.traces:
                continue
            cell = Cell.parse(name)
            run.progress.step(f"profiling {cell}", "trace", name)
            folder = Path("profile") / run.found.head["run"] / cell.slug[:200]
            where = str((run.results / folder).resolve())
            try:
                answer = run.workers.ask("trace", cell=name, seed=run.workers.seeds(cell)[0], folder=where)
            except Fault as fault:
                answer = {"status": fault.status, "reason": fault.reason}
            if answer["status"] in FAILED:
                run.workers.stop()
            if answer["status"] == "ok":
                run.journal.add("trace", cell=name, path=(folder / "trace.json.gz").as_posix())
            else:
                run.progress.note(f"{cell}: no trace: {answer['reason']}")
