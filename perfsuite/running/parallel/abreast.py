"""Checks in several processes at the same time, which take one component after another.

Checks are half of what a full run takes, and no time of theirs is compared with another, so their cells may disturb
each other. One is shown: the cost of compiling is that on a machine whose other cores have work too. A component is
checked by one process, in the order of its cells, because the time of large cases is predicted from small ones. Cells
of a GPU are not shared out: its memory is one.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence, Sized
from pathlib import Path
from typing import Any

from perfsuite.host import machine
from perfsuite.model.cell import Cell
from perfsuite.model.record import to_json
from perfsuite.project.catalogue import ROOT
from perfsuite.running import effort
from perfsuite.running.context import Context

PROGRAM = Path(__file__).with_name("checker.py")
ENOUGH = 20.0  # seconds that the checks are expected to take, below which one process is enough
MOST = 4  # processes, and no more than there are cores
PATIENCE = 20.0  # seconds that a process may take to end its workers


def portions(run: Context) -> list[list[Cell]]:
    """The cells that have no result, by component, those that take longest first; none if one process is enough."""
    waiting = [cell for cell in run.cells if str(cell) not in run.found.checks and not run.lacks(cell)]
    components: dict[str, list[Cell]] = {}
    for cell in waiting:
        components.setdefault(cell.component, []).append(cell)
    seconds = {name: sum(map(effort.proof, cells)) for name, cells in components.items()}
    if _count(components) < 2 or sum(seconds.values()) < ENOUGH or any(cell.device == "cuda" for cell in waiting):
        return []
    return [components[name] for name in sorted(components, key=lambda name: -seconds[name])]


def _count(portions: Sized) -> int:
    return min(MOST, machine.cores(), len(portions))


def answers(run: Context, portions: Sequence[Sequence[Cell]]) -> Iterator[tuple[Cell, dict[str, Any]]]:
    """The results of all cells, as they come; each process gets the next portion when it has done one.

    A process that ends early leaves cells without a result.
    """
    children: list[_Child] = []
    waiting = list(reversed(portions))
    try:
        children = [_Child(run) for _ in range(_count(portions))]
        while open_ones := [child for child in children if child.open]:
            ready, _, _ = select.select([child.output for child in open_ones], [], [])
            for child in (child for child in open_ones if child.output in ready):
                for told in child.lines():
                    if "note" in told:
                        run.progress.note(told["note"])
                    elif "known" in told:
                        run.workers.referee.learn(told["known"])
                    elif "free" in told:
                        child.give(waiting.pop() if waiting else ())
                    elif "begins" in told:
                        run.progress.step(f"checking {told['begins']}", "check", told["begins"])
                    else:
                        yield Cell.parse(told["cell"]), told["answer"]
        for code in (child.code() for child in children):
            if code:
                run.progress.note(
                    f"a process that checks cells ended with code {code}: its other cells are checked here"
                )
    finally:
        for child in children:
            child.stop()


class _Child:
    """One process and its pipe."""

    def __init__(self, run: Context) -> None:
        self._buffer, self.open = b"", True
        environment = run.found.head["environment"]
        work = {
            "options": to_json(run.options),
            "tree": str(run.workers.tree),
            "caches": str(run.workers.caches.resolve()),
            "secret": run.workers.referee.secret,
            "head": {"environment": environment},
        }
        command = [sys.executable, "-P", str(PROGRAM), str(ROOT)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self.output = self._process.stdout.fileno()
        self._tell(work)

    def give(self, portion: Sequence[Cell]) -> None:
        """Let it check a portion; an empty one ends it."""
        self._tell(list(map(str, portion)))

    def _tell(self, what: object) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # a dead process is noticed by the end of what it says
            self._process.stdin.write(json.dumps(what).encode() + b"\n")
            self._process.stdin.flush()

    def lines(self) -> Iterator[dict[str, Any]]:
        """What it has said since this was last asked."""
        chunk = os.read(self.output, 1 << 16)
        self.open = bool(chunk)
        *lines, self._buffer = (self._buffer + chunk).split(b"\n")
        for line in lines:
            yield json.loads(line)

    def code(self) -> int:
        """Its exit code, once it has said all; negative for a signal."""
        return self._process.wait()

    def stop(self) -> None:
        """End it with all that it started."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
