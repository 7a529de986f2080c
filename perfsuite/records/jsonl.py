"""An append-only file with one JSON line per finding, so that a killed process loses only the step that was running.

The users of this module define what the lines mean: ``perfsuite.records.journal`` for a run,
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

from perfsuite.host import signals
from perfsuite.records import reading, sound

KEPT = "the results so far are saved: fix this, then continue with --resume"


class Findings(Protocol):
    """The combined content of a journal's lines."""

    head: dict[str, Any]  # the first line
    ended: bool

    def add(self, line: Mapping[str, Any]) -> None:
        """Add one line."""


F = TypeVar("F", bound=Findings)
Make = Callable[[dict[str, Any]], F]  # creates the findings from the first line
Check = Callable[[Mapping[str, Any]], None]


class Journal(Generic[F]):
    """A journal file and its content."""

    def __init__(self, path: Path, found: F) -> None:
        self.path = path
        self.found = found
        self._file = path.open("ab", buffering=0)

    def add(self, kind: str, **values: Any) -> None:
        """Write one finding to the file and add it to ``found``: both or neither, also where Ctrl-C comes."""
        with signals.held():
            self.found.add(self._write({"kind": kind, **values}))

    def _write(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Write a line; returns it as a reader of the file would parse it.

        Raises:
            OSError: it cannot be written, for example on a full disk; the file then ends with the previous line.
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
        """Close the file without deleting it."""
        self._file.close()

    @classmethod
    def begin(cls, folder: Path, make: Make[F], kind: str, facts: Mapping[str, Any]) -> Journal[F]:
        """Start a new journal; its first line has the facts, an id and the time."""
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
        """Open the journal of an unfinished ``what``, by default the newest; an incomplete last line is dropped.

        With ``ended``, a journal marked as ended is accepted too: journals of completed runs are removed, so one that
        still exists is not complete.

        Raises:
            ValueError: there is none, or the named one is complete.
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
    """Read and validate a journal from any source.

    Args:
        path: the file.
        make: creates the findings from the first line.
        kinds: the type of each kind of line, a ``TypedDict``; the first kind is that of the first line.
        check: checks a line whose types are right; raises a ``ValueError`` that begins with the field.
        schema: the schema number that the first line must have; ``None`` if it has none.

    Raises:
        ValueError: it is damaged anywhere but at its end; the message names the line, its cell and the field.
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
        raise ValueError(f"{path} is damaged: it has no complete line: {remedy}")
    return found
