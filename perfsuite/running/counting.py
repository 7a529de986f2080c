"""A pass after the timing: the parts of times that they do not explain are counted again, in other processes.

A process has its own memory layout, so an operator by itself may take twice as long in one as in another. A time is a
median over launches, each in a process of its own, but the parts are from the one process of the check.
"""

from __future__ import annotations

import time
from pathlib import Path

from perfsuite.model import account
from perfsuite.model.cell import Cell
from perfsuite.records.folding import fold
from perfsuite.running.context import Context

PROCESSES = 2  # besides that of the check
LEAST = 20.0  # seconds for all cells; cells that come later keep their parts
SHARE = 0.01  # of the time that the run has taken, if that is more


def count(run: Context, tree: Path) -> None:
    """Count the parts of the times that are unexplained so far, each cell in a process of its own."""
    started = time.monotonic()
    found = fold(run.found, tree)
    ends = started + max(LEAST, SHARE * run.elapsed)
    for record in found.records:
        if record.status != "ok" or not account.unexplained(record, found.roofs):
            continue
        while len(run.found.parts.get(record.cell, ())) < PROCESSES and time.monotonic() < ends:
            run.progress.step(f"counting the parts of {record.cell} again")
            if not _counted(run, record.key):
                break


def _counted(run: Context, cell: Cell) -> bool:
    """Whether the parts of ``cell`` were counted in one more process, and written down."""
    answer = run.single(cell, "parts")
    if answer["status"] == "ok":
        run.journal.add("parts", cell=str(cell), parts=answer["parts"])
        return True
    run.progress.note(f"{cell}: its parts were not counted again: {answer['reason']}")
    return False
