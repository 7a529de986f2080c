"""What the passes of one comparison share: its journal, its folder, its workers and its referee."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

from perfsuite.host import scratch
from perfsuite.judging import sharing
from perfsuite.judging.comparisons import Journal
from perfsuite.judging.opening import MALLOC
from perfsuite.model.cell import Cell
from perfsuite.pairing.workers import Workers
from perfsuite.project.declarations import by_decorator
from perfsuite.project.settings import SIDE, SIDES
from perfsuite.running.progress import Progress
from perfsuite.workers.process import Process
from perfsuite.workers.referee import Referee

SEEDS = 2  # number of inputs that each side is proved on


class Stage:
    """A comparison in progress."""

    def __init__(self, journal: Journal, progress: Progress) -> None:
        self.journal = journal
        self.found = journal.found
        self.options = journal.found.options
        self.progress = progress
        self.folder = Path(journal.found.head["folder"])
        self._referee = Referee(self.options.timeout)
        self._caches: scratch.Scratch | None = None  # compiler caches that the workers share

    def close(self) -> None:
        """Stop the referee, and remove the compiler caches."""
        self._referee.close()
        if self._caches:
            self._caches.remove()
        self.progress.end()

    def _pythons(self) -> list[str]:
        """The interpreters of BASE and HEAD."""
        return [self.found.head[side].get("python", sys.executable) for side in ("base", "head")]

    @property
    def apart(self) -> bool:
        """Whether each side has its own process."""
        return len(set(self._pythons())) > 1 or self.options.apart or bool(self.found.apart)

    def sides(self, coin: int) -> tuple[str, str]:
        """The suffixes of the packages of BASE and HEAD in an epoch."""
        if self.apart and by_decorator():
            return "", ""  # each has a process of its own, where packages have their own names
        return (SIDES[0], SIDES[1]) if coin == 0 else (SIDES[1], SIDES[0])

    def lay_apart(self, reason: str) -> None:
        """Give each tree a process of its own from now on."""
        sharing.apart([Path(self.found.head[side]["path"]) for side in ("base", "head")], self.folder)
        self.journal.add("apart", reason=reason)

    def workers(self, coin: int, first: int, variables: dict[str, str]) -> Workers:
        """Start the workers of one epoch; ``first`` is the side that starts first if there are two."""
        pythons = self._pythons()
        if not self.apart:
            process = self._worker(f"m{coin}", variables, pythons[0], self.sides(coin)[1])
            return Workers(process, process)
        made: dict[int, Process] = {}
        try:
            for side in (first, 1 - first):
                plain = by_decorator()
                mounted = f"p{side}" if plain else f"m{coin}"
                made[side] = self._worker(mounted, variables, pythons[side], "")
        except BaseException:
            for process in made.values():
                process.close()
            raise
        return Workers(made[0], made[1])

    def _worker(self, mounted: str, variables: dict[str, str], python: str, side: str) -> Process:
        """Start a worker on one of the folders of trees; components are taken from the packages of ``side``."""
        folder = self.folder / "scratch" / secrets.token_hex(4)
        folder.mkdir(parents=True)
        if not self._caches:
            scratch.sweep()  # remove the leftovers of killed runs
            self._caches = scratch.Scratch()
        (folder / "caches").symlink_to(self._caches.path, target_is_directory=True)
        return Process(
            self.folder / mounted,
            folder,
            timeout=self.options.timeout,
            variables={
                **(MALLOC if self.options.malloc else {}),
                **variables,
                SIDE: side if by_decorator() else "",
            },
            python=python,
            judge=self._referee.judge,
            jobs="perfsuite.pairing.jobs",
        )

    def seeds(self, name: str) -> list[int]:
        """The seeds of the contents that a case's outputs are judged on, in all epochs."""
        cell = Cell.parse(name)
        return self._referee.seeds(cell.component, cell.case, SEEDS)
