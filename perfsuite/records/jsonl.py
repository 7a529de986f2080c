"""An append-only file of what was found, a JSON line each, so that a killed process loses only what was running.

What the lines mean is for those who keep one: ``perfsuite.records.journal`` for a run,
``perfsuite.judging.comparisons`` for a comparison.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from perfsuite.records import reading, sound

KEPT = "what was found until then is kept: put that right, then go on with --resume"


class Findings(Protocol):
    """What the lines of a journal add up to."""

    head: dict[str, Any]  # the first line
    ended: bool

    def add(self, line: Mapping[str, Any]) -> None:
        """Take in one line."""


F = TypeVar("F", bound=Findings)
Make = Callable[[dict[str, Any]], F]  # the findings that begin with this first line
Check = Callable[[Mapping[str, Any]], None]


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
                whole = b"".join(line + b"\n" for line in reading.kept(path))
                if whole != path.read_bytes():
                    path.write_bytes(whole)
                return cls(path, found)
        if run and paths:
            raise ValueError(f"{what} {run} is complete: nothing to resume")
        which = f"no {what} {run!r}" if run else f"no interrupted {what}"
        raise ValueError(f"{which} in {folder}: nothing to resume")


def load(path: Path, make: Make[F], kinds: Mapping[str, Any], check: Check, schema: int | None = None) -> F:
    """Read a journal, whoever wrote it.

    Args:
        path: the file.
        make: the findings that begin with a first line.
        kinds: what a line of each kind must be, a ``TypedDict``; the first kind is that of the first line.
        check: looks at a line whose types are right; raises a ``ValueError`` that begins with the field.
        schema: what the first line must call its schema; ``None`` where it has none.

    Raises:
        ValueError: it is damaged elsewhere than at its end; names the line, its cell and the field.
    """
    remedy = "delete it and start again"
    first, *others = kinds
    found: F | None = None
    for number, text in enumerate(reading.kept(path), start=1):
        with reading.damage(path, f"line {number}", remedy):
            line = reading.parsed(text)
        cell = line.get("cell")
        where = f"line {number}: {reading.told(cell)}" if isinstance(cell, str) else f"line {number}"
        with reading.damage(path, where, remedy):
            if found is None and schema is not None and line.get("schema") != schema:
                raise ValueError(f"schema {reading.told(line.get('schema'))}, this version reads {schema}")
            sound.one_of([first] if found is None else others, line.get("kind"), "kind")
            reading.value(line, kinds[line["kind"]])
            check(line)
            if found is None:
                found = make(line)
            else:
                found.add(line)
    if found is None:
        raise ValueError(f"{path} is damaged: it holds no whole line: {remedy}")
    return found
