"""An append-only file of what was found, a JSON line each, so that a killed process loses only what was running.

What the lines mean is for those who keep one: ``benchmarks.journal`` for a run, ``benchmarks.compare.record`` for a
comparison.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

KEPT = "what was found until then is kept: put that right, then go on with --resume"


class Findings(Protocol):
    """What the lines of a journal add up to."""

    head: dict[str, Any]  # the first line
    ended: bool

    def add(self, line: Mapping[str, Any]) -> None:
        """Take in one line."""


F = TypeVar("F", bound=Findings)
Make = Callable[[dict[str, Any]], F]  # the findings that begin with this first line


class Journal(Generic[F]):
    """The file and what is in it."""

    def __init__(self, path: Path, found: F) -> None:
        self.path = path
        self.found = found
        self._file = path.open("ab", buffering=0)

    def add(self, kind: str, **values: Any) -> None:
        """Write one finding down, then take it in."""
        self.found.add(self._write({"kind": kind, **values}))

    def _write(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Write a line; what a reader of the file would make of it.

        Raises:
            OSError: it cannot be written, on a full disk for one; the file ends with the line before.
        """
        text = json.dumps(line)
        size, data = os.fstat(self._file.fileno()).st_size, text.encode() + b"\n"
        try:
            while data:
                data = data[self._file.write(data) or 0 :]
        except OSError as problem:
            with contextlib.suppress(OSError):
                self._file.truncate(size)
            told = f"{problem.strerror} ({KEPT})"
            raise OSError(problem.errno, told, str(self.path)) from problem
        return json.loads(text)  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close the file; it stays."""
        self._file.close()

    @classmethod
    def begin(cls, folder: Path, make: Make[F], kind: str, facts: Mapping[str, Any]) -> Journal[F]:
        """Start a new journal; its first line holds the facts, an id and the time."""
        now = datetime.now(UTC)
        run = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        folder.mkdir(parents=True, exist_ok=True)
        head = {"kind": kind, "run": run, "started": now.isoformat(timespec="seconds"), "began": time.time(), **facts}
        journal = cls(folder / f"{run}.jsonl", make(json.loads(json.dumps(head))))
        journal._write(head)
        return journal

    @classmethod
    def resume(
        cls, folder: Path, read: Callable[[Path], F], what: str, run: str = "", ended: bool = False
    ) -> Journal[F]:
        """Open the journal of a ``what`` that did not end, by default the newest; a torn last line is dropped.

        With ``ended``, also of one that did: where a whole one has its journal removed, what is there is not whole.

        Raises:
            ValueError: there is none, or the one that is named is complete.
        """
        paths = sorted(folder.glob(f"{run or '*'}.jsonl"), reverse=True)
        for path in paths:
            found = read(path)
            if ended or not found.ended:
                whole = b"".join(whole_lines(path))
                if whole != path.read_bytes():
                    path.write_bytes(whole)
                return cls(path, found)
        if run and paths:
            raise ValueError(f"{what} {run} is complete: nothing to resume")
        which = f"no {what} {run!r}" if run else f"no interrupted {what}"
        raise ValueError(f"{which} in {folder}: nothing to resume")


def whole_lines(path: Path) -> Iterator[bytes]:
    """The lines of a journal; a torn last one is dropped."""
    for line in path.read_bytes().splitlines(keepends=True):
        if not line.endswith(b"\n"):
            return
        yield line


def load(path: Path, make: Make[F]) -> F:
    """Read a journal.

    Raises:
        ValueError: it is damaged elsewhere than at its end.
    """
    try:
        head, *rest = (json.loads(line) for line in whole_lines(path))
        found = make(head)
        for line in rest:
            found.add(line)
    except (ValueError, KeyError) as problem:
        raise ValueError(f"{path} is damaged ({problem}): delete it and start again") from problem
    return found
