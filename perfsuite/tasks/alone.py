"""Time rival variants in turns, each in its own process, so that none can affect the process of another.

The processes are forked from one that has imported all libraries but no variant, which takes a twentieth of the time
of a fresh start. The turns are the same as in one process, so that disturbances of the machine affect all alike.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from perfsuite.measuring import timing
from perfsuite.model.fault import Fault
from perfsuite.workers.context import CHANCE
from perfsuite.workers.process import Process
from perfsuite.workers.referee import vouched

POSSIBLE = sys.platform == "linux"  # elsewhere a process cannot adopt one that has lost its parent


class _Child:
    """One cell and its process."""

    def __init__(self, cell: str, process: Process, plan: Mapping[str, Any]) -> None:
        self.cell, self._process, self._judged = cell, process, int(plan.get("recorded", True))
        self.answer = self._ask("alone", cell=cell, plan=plan)
        self.count = self.answer.get("count", 0)

    @property
    def fit(self) -> bool:
        """Whether there has been no failure so far."""
        return bool(self.answer["status"] == "ok")

    def sample(self, at: int) -> None:
        """One sample on content number ``at``."""
        self.answer = self._ask("sample", at=at)

    def finish(self) -> dict[str, Any]:
        """The measurements, or why there are none."""
        if self.fit:
            answer = self._ask("finish")
            if answer["status"] == "ok" and (strays := self._process.strays()):
                answer = {"status": "error", "reason": f"leaves {len(strays)} process(es) behind"}
            self.answer = vouched(self._process.verdicts(), self.cell, answer, self._judged)
        return self.answer

    def dismiss(self) -> None:
        """Tell its process to end by itself."""
        self._process.dismiss()

    def close(self) -> None:
        """End its process."""
        self._process.close()

    def _ask(self, do: str, **job: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self._process.ask(do, **job)
        except Fault as fault:
            answer = {"status": fault.status, "reason": fault.reason}
        return answer


def timed(cells: Sequence[str], plan: Mapping[str, Any], process: Callable[[], Process]) -> dict[str, dict[str, Any]]:
    """Time the cells of one group: for each cell ``{"status": ..., "launch": ...}``, as ``turns.interleave`` returns.

    ``process`` starts a worker. A worker that fails costs only its own cell.
    """
    children: list[_Child] = []
    try:
        for cell in CHANCE.sample(list(cells), len(cells)):
            children.append(_Child(cell, process(), plan))
        contents = timing.turns(len(plan["seeds"]), CHANCE)
        for present in timing.rounds([child.count for child in children], CHANCE):
            at = next(contents)
            for child in (children[index] for index in present):
                if child.fit:
                    child.sample(at)
        return {child.cell: child.finish() for child in children}
    finally:
        for child in children:  # all at once, because it takes a while until the memory of one is freed
            child.dismiss()
        for child in children:
            child.close()
