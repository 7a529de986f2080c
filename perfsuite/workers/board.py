"""A board in shared memory on which a worker publishes what it is doing.

The parent uses it to name the cell behind a crash or a hang, without any messages from the worker.
"""

from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path
from typing import NamedTuple

QUESTION = b"?"  # prefix of a worker's message that is not its answer yet, but a result to be judged first
BOARD = 1024  # bytes: number of steps begun, size of the log at that time, and the text of the running step


class Board:
    """What a worker is doing, readable by other processes at any time."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), BOARD)
        self._owner = os.getpid()

    def step(self, what: str, cell: str = "") -> None:
        """Begin a step: its time-out starts again, and output from now on belongs to it.

        Calls from a process that a variant forked are ignored.
        """
        if os.getpid() != self._owner:
            return
        text = f"{what}\n{cell}".encode(errors="replace")[: BOARD - 17]
        count = int.from_bytes(self._map[:8], "little") + 1
        self._map[8:16] = _printed().to_bytes(8, "little")
        self._map[16 : 17 + len(text)] = text + b"\0"
        self._map[:8] = count.to_bytes(8, "little")

    def read(self) -> Step:
        """The step that is running."""
        text = self._map[16:].split(b"\0", 1)[0].decode(errors="replace")
        what, _, cell = text.partition("\n")
        count, printed = (int.from_bytes(self._map[at : at + 8], "little") for at in (0, 8))
        return Step(count, what, cell, printed)


class Step(NamedTuple):
    """One step of a worker's work."""

    number: int  # number of steps begun so far
    what: str
    cell: str  # "" if no cell is running
    printed: int  # bytes in the worker's log when the step began


def _printed() -> int:
    """Bytes in the log so far, after flushing Python's buffer; 0 if a variant closed it."""
    try:
        sys.stdout.flush()
        return os.fstat(1).st_size
    except (OSError, ValueError, AttributeError):
        return 0
