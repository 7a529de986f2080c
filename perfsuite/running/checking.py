"""The check of one cell: its proof, unless the cell does not fit or would take too long."""

from __future__ import annotations

from typing import Any, Protocol

import psutil

from perfsuite.model.cell import Cell
from perfsuite.model.fault import Fault
from perfsuite.model.record import FAILED
from perfsuite.project import catalogue, mount
from perfsuite.records.journal import Found
from perfsuite.records.options import Options
from perfsuite.running.prediction import predict
from perfsuite.tasks.passes import COST
from perfsuite.workers.context import IMPORT
from perfsuite.workers.pool import Workers
from perfsuite.workers.referee import vouched

COPIES = 6  # of the inputs that are held at once, at least: contents, and the reference in float64
MARGIN = 3.0  # factor that a prediction may be off by


class Checking(Protocol):
    """What it takes to check cells: a run, or its share in another process."""

    found: Found
    options: Options
    cells: list[Cell]
    workers: Workers
    progress: Any  # has ``note(text)``

    def lacks(self, cell: Cell) -> bool:
        """Whether the device of ``cell`` is not available here."""


def checked(run: Checking, cell: Cell) -> dict[str, Any]:
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


def _file_at_fault(run: Checking, cell: Cell) -> dict[str, Any] | None:
    """The result for all cells of a component whose file is at fault, once that is known."""
    for other, answer in run.found.checks.items():
        if answer.get("file") and Cell.parse(other).component == cell.component:
            return answer
    return None


def proved(run: Checking, cell: Cell) -> dict[str, Any]:
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


def _too_big(run: Checking, cell: Cell) -> str:
    component = catalogue.component(cell.component)
    need = next(case.memory for case in component.cases if case.name == cell.case)
    if component.derive and not need:
        need = COPIES * run.workers.referee.size(cell.component, cell.case)
    free = psutil.virtual_memory().available
    if cell.device == "cpu" and need > free:
        inputs = f", {COPIES} times its inputs" if component.derive else ""
        return f"needs {need / 1e9:.1f} GB of memory{inputs}, and {free / 1e9:.1f} GB are free"
    return ""


def _too_long(run: Checking, cell: Cell) -> str:
    seconds, most = predict(cell, run.cells, run.found.checks), MARGIN * run.options.longest
    if seconds is not None and seconds > most:
        return f"predicted to take {seconds:.2g} s a call; calls above {most:g} s are skipped"
    return ""
