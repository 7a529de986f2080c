"""The first pass of a run: the limits of the machine, and the proof of every cell."""

from __future__ import annotations

from typing import Any

import psutil

from perfsuite.model.cell import Cell
from perfsuite.model.fault import Fault
from perfsuite.model.record import FAILED
from perfsuite.project import catalogue, mount
from perfsuite.running import effort
from perfsuite.running.context import Context, rows_of
from perfsuite.running.prediction import predict
from perfsuite.tasks.passes import COST
from perfsuite.workers.context import IMPORT
from perfsuite.workers.referee import vouched

COPIES = 6  # of the inputs that are held at once, at least: contents, and the reference in float64
MARGIN = 3.0  # factor that a prediction may be off by


def check(run: Context) -> None:
    """Prove every cell, small cases first; skip what is predicted to take too long or does not fit."""
    with run.workers.fresh():
        run.progress.step("starting a worker, and measuring what this machine can do")
        if any(str(cell) not in run.found.checks for cell in run.cells):
            run.workers.referee.start()
        if "environment" not in run.found.head:
            run.journal.add("environment", environment=run.workers.ask("environment"))
            facts = catalogue.PROJECT.module("facts")
            asked = facts and facts.asked(rows_of(run.cells))
            run.journal.add("facts", facts=run.workers.ask("facts") if asked else [])
        if not run.found.roofs:
            run.limits(sorted({cell.threads for cell in run.cells}), run.options.ceiling, None)
        for launch in run.numbers:
            run.progress.plan(("start", launch), {("start", launch): effort.START})
        for group in run.groups:
            run.expect(group)
        for cell in run.cells:
            if str(cell) in run.found.checks:
                continue
            if not run.lacks(cell):
                run.progress.step(f"checking {cell}", "check", str(cell))
            answer = checked(run, cell)
            run.journal.add("check", cell=str(cell), answer=answer)
            if answer["status"] == "skipped" and not run.lacks(cell):
                run.progress.forget()
            run.expect(cell.group)


def checked(run: Context, cell: Cell) -> dict[str, Any]:
    """The result of checking one cell: a worker's result, or why there is none."""
    if answer := _file_at_fault(run, cell):
        return answer
    if run.lacks(cell):
        return {"status": "skipped", "reason": "needs cuda"}
    if reason := _too_big(run, cell) or _too_long(run, cell):
        return {"status": "skipped", "reason": reason}
    try:
        answer = proved(run, cell)
    except Fault as fault:
        answer = {"status": fault.status, "reason": fault.reason}
        if fault.step == IMPORT:
            reason = f"importing {mount.file_of(cell.component)}: {fault.reason}"
            answer = {**answer, "reason": reason, "file": True}
    if answer["status"] not in FAILED and (strays := run.workers.at_hand().strays()):
        answer = {"status": "error", "reason": f"leaves {len(strays)} process(es) behind"}
    if answer["status"] in FAILED:
        run.workers.stop()
    return answer


def _file_at_fault(run: Context, cell: Cell) -> dict[str, Any] | None:
    """The result for all cells of a component whose file is at fault, once that is known."""
    for other, answer in run.found.checks.items():
        if answer.get("file") and Cell.parse(other).component == cell.component:
            return answer
    return None


def proved(run: Context, cell: Cell) -> dict[str, Any]:
    """A worker's result; if measuring memory and operators is what fails, the check is repeated without it.

    Raises:
        Fault: the worker failed.
    """
    job: dict[str, Any] = {"cell": str(cell), "seeds": run.workers.seeds(cell)}
    try:
        answer: dict[str, Any] = run.workers.ask("check", cost=run.options.cost, **job)
    except Fault as fault:
        if fault.step != COST:
            raise
        answer = {**run.workers.ask("check", **job), "no cost": fault.reason}
    answer = vouched(run.workers.at_hand().verdicts(), str(cell), answer, run.options.seeds + 1)
    if answer["status"] == "ok" and catalogue.component(cell.component).derive:
        answer["work"] = run.workers.referee.work(cell.component, cell.case, job["seeds"][0])
    if "no cost" in answer:
        run.progress.note(f"{cell}: memory not measured: {answer['no cost']}")
    return answer


def _too_big(run: Context, cell: Cell) -> str:
    component = catalogue.component(cell.component)
    need = next(case.memory for case in component.cases if case.name == cell.case)
    if component.derive and not need:
        need = COPIES * run.workers.referee.size(cell.component, cell.case)
    free = psutil.virtual_memory().available
    if cell.device == "cpu" and need > free:
        inputs = f", {COPIES} times its inputs" if component.derive else ""
        return f"needs {need / 1e9:.1f} GB of memory{inputs}, and {free / 1e9:.1f} GB are free"
    return ""


def _too_long(run: Context, cell: Cell) -> str:
    seconds, most = predict(cell, run.cells, run.found.checks), MARGIN * run.options.longest
    if seconds is not None and seconds > most:
        return f"predicted to take {seconds:.2g} s a call; calls above {most:g} s are skipped"
    return ""
