"""The processes of one run: the current worker, the one that others are forked from, and the referee."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from perfsuite.host import scratch
from perfsuite.model.cell import Cell
from perfsuite.model.fault import Fault
from perfsuite.model.record import CompilerStart
from perfsuite.project import catalogue, mount
from perfsuite.records.options import Options
from perfsuite.workers.process import Process
from perfsuite.workers.referee import Referee


class Workers:
    """Starts each process when it is first needed, on a copy of the tree; closing this ends all of them."""

    def __init__(self, tree: Path, options: Options, caches: Path | None = None) -> None:
        """``caches`` is what other workers of the same run have compiled; by default a new folder."""
        self.tree = tree
        self._options = options
        self._cells = [Cell.parse(cell) for cell in options.cells]
        scratch.sweep()  # remove leftovers of killed runs
        self._scratch = scratch.Scratch()
        self._mount = self._scratch.path / "mount"
        try:
            mount.lay(tree, self._mount, mount.alone())
            mount.declare(tree, self._mount)
            if caches:
                self.caches.symlink_to(caches, target_is_directory=True)
            else:
                self.caches.mkdir()
        except BaseException:
            self._scratch.remove()
            raise
        self._process: Process | None = None
        self._origin: Process | None = None
        self.referee = Referee(options.timeout, options.secret)

    @property
    def caches(self) -> Path:
        """What its workers have compiled."""
        return self._scratch.path / "caches"

    def close(self) -> None:
        """Stop all processes and remove their temporary files."""
        self.stop()
        self.end_origin()
        self.referee.close()
        self._scratch.remove()

    def ask(self, do: str, **arguments: Any) -> Any:
        """Run one job in the current worker. If it fails, the worker is stopped, and the next job gets a fresh one.

        Raises:
            Fault: the worker failed.
        """
        try:
            return self.at_hand().ask(do, **arguments)
        except Fault:
            self.stop()
            raise

    def at_hand(self) -> Process:
        """The current worker, which gets the jobs."""
        if self._process is None:
            self._process = self._made()
        return self._process

    def stop(self) -> None:
        """Stop the current worker."""
        if self._process is not None:
            self._process.close()
            self._process = None

    @contextlib.contextmanager
    def fresh(self) -> Iterator[None]:
        """A fresh worker for one pass: a previous worker is stopped first, and this one at the end."""
        self.stop()
        try:
            yield
        finally:
            self.stop()

    def forked(self, cell: str, seeds: Sequence[int]) -> Process:
        """The worker that others are forked from, with the inputs of ``cell``. It imports no variant.

        Raises:
            Fault: the worker failed.
        """
        if self._origin is None:
            self._origin = self._made(forks=True)
            components = sorted({one.component for one in self._cells})
            names = {name for component in components for name in catalogue.libraries(component, self.tree)}
            compiler = any(one.compiles for one in self._cells)
            self._origin.ask("import", modules=sorted(names), compiler=compiler)
        self._origin.ask("load", cell=cell, seeds=seeds)
        return self._origin

    def fork(self) -> Process:
        """A worker forked from the one that :meth:`forked` prepared."""
        assert self._origin is not None
        return self._made(origin=self._origin)

    def single(self, cell: str, seeds: Sequence[int], forked: bool) -> Process:
        """A worker for one job, to be closed after it: ``forked`` with the inputs of ``cell``, or started anew.

        Raises:
            Fault: the worker failed.
        """
        if not forked:
            return self._made()
        self.forked(cell, seeds)
        return self.fork()

    def started(self) -> CompilerStart | None:
        """How the current worker started the compiler; ``None`` if it did not, or there is no worker.

        Raises:
            Fault: the worker failed.
        """
        if self._process is None:
            return None
        told = self.ask("compiler")
        return CompilerStart(**told) if told and told["seconds"] else None

    def end_origin(self) -> None:
        """Stop the worker that others are forked from."""
        if self._origin is not None:
            self._origin.close()
            self._origin = None

    def seeds(self, cell: Cell) -> list[int]:
        """The seeds of the inputs on which the results of a case are judged, in all passes."""
        return self.referee.seeds(cell.component, cell.case, self._options.seeds)

    def _made(self, **how: Any) -> Process:
        return Process(
            self._mount,
            self._scratch.path,
            timeout=self._options.timeout,
            memory_limit=self._options.memory_limit,
            judge=self.referee.judge,
            **how,
        )
