"""The first pass of a run: the limits of the machine, and the check of every cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from perfsuite.model.cell import Cell
from perfsuite.project import catalogue
from perfsuite.running import effort
from perfsuite.running.checking import checked
from perfsuite.running.context import Context, rows_of
from perfsuite.running.parallel import abreast


def check(run: Context) -> None:
    """Check every cell, small cases first; what takes long in total is shared by several processes."""
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
        if portions := abreast.portions(run):
            if any(cell.compiles for portion in portions for cell in portion):  # once for all: they share its files
                run.workers.ask("import", modules=[], compiler=True)
                run.compiler()
            run.workers.stop()
            for cell, answer in abreast.answers(run, portions):
                _add(run, cell, answer)
        for cell, answer in _one_by_one(run):
            _add(run, cell, answer)
        run.compiler()


def _one_by_one(run: Context) -> Iterator[tuple[Cell, dict[str, Any]]]:
    """The results of the cells that have none, each checked in the worker of this process."""
    for cell in run.cells:
        if str(cell) in run.found.checks:
            continue
        if not run.lacks(cell):
            run.progress.step(f"checking {cell}", "check", str(cell))
        yield cell, checked(run, cell)


def _add(run: Context, cell: Cell, answer: dict[str, Any]) -> None:
    run.journal.add("check", cell=str(cell), answer=answer)
    if answer["status"] == "skipped" and not run.lacks(cell):
        run.progress.forget()
    run.expect(cell.group)
