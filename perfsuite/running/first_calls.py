"""A pass on request: what compiling costs, in a process of its own for each first call of a compiled cell."""

from __future__ import annotations

import math
import random
import shutil
from dataclasses import replace
from typing import Any

from perfsuite.model.cell import Cell
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.running.context import Context

LARGEST = 64 << 20  # bytes of the inputs of another shape
CANDIDATES = 6  # other shapes that are tried


def measure(run: Context) -> None:
    """For each compiled cell: a cold first call and one warm from disk, as often as asked for; then other shapes.

    A cell that fails is not tried again.
    """
    failed: set[Cell] = set()
    cells = [cell for cell in run.cells if cell.compiles and run.timed(str(cell))] if run.options.compile_cost else []
    for number in range(run.options.compile_cost):
        order = random.Random(f"{run.found.head['run']} compile {number}").sample(cells, len(cells))
        for cell in order:
            if cell not in failed and number >= len(run.found.first_calls.get(str(cell), ())):
                run.progress.step(f"compiling {cell} from nothing, and from disk", "compile", (number, str(cell)))
                if not _both(run, cell, _emptied(run, str(number), cell)):
                    failed.add(cell)
        run.workers.end_origin()  # so that each repetition starts another compiler
    for cell in cells:
        if cell not in failed and str(cell) not in run.found.shapes and (others := _others(run, cell)):
            run.progress.step(f"calling {cell} with other shapes", "shapes", str(cell))
            if answer := _own(run, cell, "shapes", others=others, caches=_emptied(run, "shapes", cell)):
                run.journal.add("shapes", cell=str(cell), shapes=answer["shapes"])
    run.workers.end_origin()


def _both(run: Context, cell: Cell, caches: str) -> bool:
    """Whether both first calls of ``cell`` were measured, and written down."""
    cold = _own(run, cell, "first call", caches=caches)
    warm = cold and _own(run, cell, "first call", caches=caches)
    if cold and warm:
        run.journal.add("first call", cell=str(cell), cold=cold["seconds"], warm=warm["seconds"])
    return bool(warm)


def _emptied(run: Context, what: str, cell: Cell) -> str:
    folder = run.workers.caches.resolve() / "first-calls" / what / cell.slug[:200]
    shutil.rmtree(folder, ignore_errors=True)
    return str(folder)


def _own(run: Context, cell: Cell, do: str, **job: Any) -> dict[str, Any]:
    """The answer of a process of its own; empty, with a note or a fault, if there is none."""
    answer = run.single(cell, do, judged=1, **job)
    if answer["status"] == "ok":
        return answer
    if answer["status"] == "wrong":
        run.journal.add("fault", cell=str(cell), status="wrong", reason=f"{answer['reason']} (in a first call)")
    run.progress.note(f"{cell}: {do} not measured: {answer['reason']}")
    return {}


def _others(run: Context, cell: Cell) -> list[dict[str, Any]]:
    """The cases whose inputs may differ from those of ``cell`` in sizes alone, those of its series first, then near."""
    component = catalogue.component(cell.component)
    own = next(case for case in component.cases if case.name == cell.case)
    size = {case.name: run.workers.referee.size(component.name, case.name) for case in component.cases}

    def fits(case: Case) -> bool:
        runs = not case.only or cell.variant in case.only
        return case is not own and case.dtype == own.dtype and not case.opt_in and runs

    def distance(case: Case) -> tuple[bool, float]:
        return case.series != own.series, abs(math.log((size[case.name] + 1) / (size[own.name] + 1)))

    found = [case for case in component.cases if fits(case) and size[case.name] <= LARGEST]
    names = [case.name for case in sorted(found, key=distance)[:CANDIDATES]]
    return [{"case": name, "seed": run.workers.seeds(replace(cell, case=name))[0]} for name in names]
