"""What the passes of one comparison share: its journal, its folder, its workers and its referee."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

from perfsuite.host import scratch
from perfsuite.judging.comparisons import Journal
from perfsuite.judging.opening import MALLOC
from perfsuite.model.cell import Cell
from perfsuite.pairing.workers import Workers
from perfsuite.running.progress import Progress
from perfsuite.workers.process import Process
from perfsuite.workers.referee import Referee

SEEDS = 2  # inputs that each side is proved on


class Stage:
    """One comparison while it is measured."""

    def __init__(self, journal: Journal, progress: Progress) -> None:
        self.journal = journal
        self.found = journal.found
        self.options = journal.found.options
        self.progress = progress
        self.folder = Path(journal.found.head["folder"])
        self._referee = Referee(self.options.timeout)
        self._caches: scratch.Scratch | None = None  # what one worker compiled the next need not: where compilers work

    def close(self) -> None:
        """Stop the referee, and remove what compilers left."""
        self._referee.close()
        if self._caches:
            self._caches.remove()
        self.progress.end()

    def _pythons(self) -> list[str]:
        """The interpreters of BASE and HEAD."""
        return [self.found.head[side].get("python", sys.executable) for side in ("base", "head")]

    @property
    def apart(self) -> bool:
        """Whether each side has a process of its own."""
        return len(set(self._pythons())) > 1 or self.options.apart

    def workers(self, coin: int, first: int, variables: dict[str, str]) -> Workers:
        """Start the workers of one epoch; ``first`` says which of two begins."""
        pythons = self._pythons()
        if not self.apart:
            process = self._worker(coin, variables, pythons[0])
            return Workers(process, process)
        made: dict[int, Process] = {}
        try:
            for side in (first, 1 - first):
                made[side] = self._worker(coin, variables, pythons[side])
        except BaseException:
            for process in made.values():
                process.close()
            raise
        return Workers(made[0], made[1])

    def _worker(self, coin: int, variables: dict[str, str], python: str) -> Process:
        folder = self.folder / "scratch" / secrets.token_hex(4)
        folder.mkdir(parents=True)
        if not self._caches:
            scratch.sweep()  # what a killed run has left
            self._caches = scratch.Scratch()
        (folder / "caches").symlink_to(self._caches.path, target_is_directory=True)
        return Process(
            self.folder / f"m{coin}",
            folder,
            timeout=self.options.timeout,
            variables={**(MALLOC if self.options.malloc else {}), **variables},
            python=python,
            judge=self._referee.judge,
            jobs="perfsuite.pairing.jobs",
        )

    def seeds(self, name: str) -> list[int]:
        """The seeds of the contents that a case's answers are judged on, in all epochs."""
        cell = Cell.parse(name)
        return self._referee.seeds(cell.component, cell.case, SEEDS)
