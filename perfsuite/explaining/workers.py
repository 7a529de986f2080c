"""The workers of an explanation: a fresh process for each pass, forked from one that has run no variant."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from perfsuite.model.cell import Cell
from perfsuite.tasks import alone
from perfsuite.workers.process import Process
from perfsuite.workers.referee import Referee

SLOWER = 5.0  # times as long a step may take in a program that watches each instruction: importing torch takes minutes
JOBS = "perfsuite.explaining.watching.jobs"


@dataclass(frozen=True)
class Side:
    """One side of an explanation, as its workers need it."""

    name: str  # in sentences: "einsum", "BASE"
    cell: str
    mount: Path  # the folder with its packages
    scratch: Path  # for what its workers compile
    python: str = sys.executable
    variables: Mapping[str, str] = field(default_factory=dict)  # those under which it was timed


class Workers:
    """Starts workers, and the process that they are forked from; closing this ends all of them."""

    def __init__(self, timeout: float) -> None:
        self.referee = Referee(timeout)
        self._timeout = timeout
        self._origins: dict[tuple[Path, str, bool], Process] = {}

    def __enter__(self) -> Workers:
        """The workers themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop all processes."""
        while self._origins:
            self._origins.popitem()[1].close()
        self.referee.close()

    @contextlib.contextmanager
    def fresh(self, side: Side, python: str = "") -> Iterator[Process]:
        """A worker for one pass; with another ``python``, one that is started instead of forked.

        Raises:
            Fault: it cannot be started.
        """
        (side.scratch / "caches").mkdir(parents=True, exist_ok=True)
        if python or not alone.POSSIBLE:
            process = self._made(side, python or side.python, slower=SLOWER if python else 1.0)
        else:
            process = self._made(side, side.python, origin=self._origin(side))
        with process:
            yield process

    def _origin(self, side: Side) -> Process:
        key = side.mount, side.python, Cell.parse(side.cell).compiles
        if key not in self._origins:
            origin = self._made(side, side.python, forks=True)
            self._origins[key] = origin
            origin.ask("import", modules=[], compiler=Cell.parse(side.cell).compiles)
        return self._origins[key]

    def _made(
        self, side: Side, python: str, forks: bool = False, origin: Process | None = None, slower: float = 1.0
    ) -> Process:
        return Process(
            side.mount,
            side.scratch,
            timeout=slower * self._timeout,
            variables=side.variables,
            python=python,
            judge=self.referee.judge,
            jobs=JOBS,
            forks=forks,
            origin=origin,
        )
