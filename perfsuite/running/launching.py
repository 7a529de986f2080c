"""The second pass of a run: six launches in which variants take turns, and one in which each variant is alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from perfsuite.model.cell import Cell
from perfsuite.model.fault import Fault
from perfsuite.model.record import FAILED
from perfsuite.running.context import Context
from perfsuite.tasks import alone
from perfsuite.tasks.turns import NOBODY
from perfsuite.workers.referee import vouched

LOOK = 5  # samples of a cell that is timed alone
# The roofs that every launch measures again.
DRIFT = ("fp32", *(f"{level}{how}" for level in ("L2", "L3", "DRAM", "HBM") for how in ("", " in place")), "dispatch")

Answers = dict[str, dict[str, Any]]  # by cell


def measure(run: Context) -> None:
    """Six launches, in each of which a fresh process times every group, in random order, and one with variants alone.

    Each variant is timed alone in a group that is drawn at random. If one is faster alone, its rivals disturb it, and
    all groups of its component are timed alone too. The groups that turn out to be disturbed are timed apart.
    """
    every = list(run.groups.values())
    for launch in range(run.options.launches):
        _launch(run, launch, every)
    if run.options.launches in run.numbers:
        look = run.options.launches
        _launch(run, look, [run.groups[group] for group in run.drawn])
        suspects = {cells[0].component for cells in every if _disturbed(run, cells)}
        if others := [cells for cells in every if cells[0].component in suspects]:
            _launch(run, look, others)
    for cells in every:
        if reason := _disturbed(run, cells):
            run.progress.note(f"{_named(cells)} is timed again, each alone: {reason}")
            for launch in range(run.options.launches + 1, 2 * run.options.launches + 1):
                if any(run.open(cell, launch) for cell in cells):
                    each_apart(run, cells, launch)
                run.workers.end_origin()


def _launch(run: Context, launch: int, groups: Sequence[list[Cell]]) -> None:
    order = sorted(groups, key=lambda cells: cells[0].group)
    random.Random(f"{run.found.head['run']} {launch}").shuffle(order)
    if not any(run.open(cell, launch) for cells in order for cell in cells):
        run.progress.plan(("start", launch), {})
        return
    together = launch < run.options.launches
    name = f"launch {launch + 1}/{run.options.launches}" if together else "each alone"
    with run.workers.fresh():
        run.progress.step(f"{name}: starting a worker", "start", launch)
        if together:
            run.limits(["1"], run.options.ceiling / 6, DRIFT)
        for cells in order:
            if any(run.open(cell, launch) for cell in cells):
                run.progress.step(f"{name}: {_named(cells)}", "time", (launch, cells[0].group))
                (in_turns if together else each_apart)(run, cells, launch)
                run.expect(cells[0].group)
        run.compiler()
    run.workers.end_origin()


def _disturbed(run: Context, cells: Sequence[Cell]) -> str:
    """The cell of a group whose time beside its rivals differs from its time alone, and how; "" if there is none."""
    for cell in map(str, cells):
        if cell not in run.found.faults and (told := run.found.disturbance(cell)):
            return f"{cell} {told}"
    return ""


def each_apart(run: Context, cells: Sequence[Cell], launch: int) -> None:
    """Time the cells of one group in turns, each in its own process."""
    waiting = [str(cell) for cell in cells if run.open(cell, launch)]
    plan = run.plan(waiting[0], launch)
    if launch == run.options.launches:  # only to detect disturbance, not for the record
        plan |= {"rounds": LOOK, "budget": plan["budget"] / 4, "recorded": False}
    try:
        run.workers.forked(waiting[0], plan["seeds"])
        answers = alone.timed(waiting, plan, run.workers.fork)
    except Fault as fault:
        answers = {cell: {"status": fault.status, "reason": fault.reason} for cell in waiting}
        run.workers.end_origin()
    _keep(run, answers)


def in_turns(run: Context, cells: Sequence[Cell], launch: int) -> None:
    """Time the cells of one group; after a fault, again without the culprit, until there is no fault.

    Measurements taken beside a culprit are discarded. If it is not known which cell failed, each is tried alone; if
    none fails then, the group is tried once more before the fault is attributed to all of them.
    """
    tries = 0
    while waiting := [str(cell) for cell in cells if run.open(cell, launch)]:
        answers = together_once(run, waiting, launch)
        bad = {cell: answer for cell, answer in answers.items() if answer["status"] in FAILED}
        if not bad:
            _keep(run, answers)
            return
        if NOBODY in bad and len(waiting) > 1:
            tries += 1
            bad = dict.fromkeys(waiting, bad[NOBODY]) if tries > 1 else _each(run, waiting, launch)
        _keep(run, {cell or waiting[0]: answer for cell, answer in bad.items()})


def _keep(run: Context, answers: Answers) -> None:
    for cell, answer in answers.items():
        if answer["status"] == "ok":
            run.journal.add("launch", cell=cell, launch=answer["launch"], contended=answer["contended"])
        else:
            run.journal.add("fault", cell=cell, status=answer["status"], reason=answer["reason"])


def _each(run: Context, cells: Sequence[str], launch: int) -> Answers:
    """Those of ``cells`` that fail when they are timed by themselves, each with its result."""
    found = {}
    for cell in cells:
        answer = next(iter(together_once(run, [cell], launch).values()))
        if answer["status"] in FAILED:
            found[cell] = answer
    return found


def together_once(run: Context, cells: Sequence[str], launch: int) -> Answers:
    """The worker's results; the worker is replaced if any cell failed."""
    try:
        answers: Answers = run.workers.ask("time", cells=cells, plan=run.plan(cells[0], launch))
    except Fault as fault:
        culprit = fault.cell if fault.cell in cells else NOBODY
        return {culprit: {"status": fault.status, "reason": fault.reason}}
    worker = run.workers.at_hand()
    verdicts = worker.verdicts()
    answers = {cell: vouched(verdicts, cell, answer, 1) for cell, answer in answers.items()}
    if not any(answer["status"] in FAILED for answer in answers.values()) and (strays := worker.strays()):
        answers = {NOBODY: {"status": "error", "reason": f"leaves {len(strays)} process(es) behind"}}
    if any(answer["status"] in FAILED for answer in answers.values()):
        run.workers.stop()
    return answers


def _named(cells: Sequence[Cell]) -> str:
    first = cells[0]
    return f"{first.component} {first.device} {first.case} {first.threads}{' cold' if first.cold else ''}"
