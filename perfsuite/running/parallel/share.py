"""A share of a run's checks, in a process of its own: see :mod:`perfsuite.running.parallel.abreast`."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from perfsuite.host import signals
from perfsuite.model.cell import Cell
from perfsuite.records import reading
from perfsuite.records.journal import Found
from perfsuite.records.options import Options
from perfsuite.running.checking import checked
from perfsuite.workers.pool import Workers


class Share:
    """What :func:`perfsuite.running.checking.checked` takes of a run."""

    def __init__(self, work: dict[str, Any], out: TextIO) -> None:
        self._out = out
        self.options = dataclasses.replace(reading.value(work["options"], Options), secret=work["secret"])
        self.cells: list[Cell] = []  # those that it has been given so far
        self.found = Found(work["head"])
        self.workers = Workers(Path(work["tree"]), self.options, Path(work["caches"]))
        self.progress = self

    def next(self) -> list[Cell]:
        """The cells to check next; none at the end."""
        self.say(free=True)
        portion = [Cell.parse(cell) for cell in json.loads(sys.stdin.readline() or "[]")]
        self.cells += portion
        return portion

    def lacks(self, cell: Cell) -> bool:
        """Only cells whose device is here are shared out."""
        return False

    def note(self, text: str) -> None:
        """Say a line that is shown by the parent."""
        self.say(note=text)

    def say(self, **told: Any) -> None:
        """Tell the parent."""
        print(json.dumps(told), file=self._out, flush=True)


def main() -> None:
    """Check the cells that stdin names, a list of them on each line, until it is empty."""
    signals.end_with_parent()  # its workers end with it
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a component prints while it is imported is no line of ours
    try:
        with signals.interrupting():
            share = Share(json.loads(sys.stdin.readline()), out)
            try:
                while portion := share.next():
                    for cell in portion:
                        share.say(begins=str(cell))
                        answer = checked(share, cell)
                        share.found.add({"kind": "check", "cell": str(cell), "answer": answer})
                        share.say(cell=str(cell), answer=answer)
                share.say(known=share.workers.referee.known())
            finally:
                share.workers.close()
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(130)
