"""A board in shared memory, on which a worker says at every moment what it is doing.

The parent names the culprit of a crash or a hang by it, without being woken.
"""

from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path
from typing import NamedTuple

QUESTION = b"?"  # what a worker's answer begins with that is none yet: something is to be judged first
BOARD = 1024  # bytes: a counter of the steps begun, where the log stood then, and the running one's text


class Board:
    """What a worker is doing, readable from outside at any moment."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), BOARD)
        self._owner = os.getpid()

    def step(self, what: str, cell: str = "") -> None:
        """Begin a step; its time allowance begins anew, and what is printed from now on is its own.

        A process that a variant forked has no say.
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

    number: int  # how many were begun
    what: str
    cell: str  # "" if nothing of a cell is running
    printed: int  # bytes in the worker's log when it began


def _printed() -> int:
    """Bytes in the log so far, what Python held back included; 0 if a variant closed it."""
    try:
        sys.stdout.flush()
        return os.fstat(1).st_size
    except (OSError, ValueError, AttributeError):
        return 0
