"""The folder of a sharded run: what was asked for, which jobs were started, and the results that they have written.

``results/shards/<id>/`` holds ``plan.json``, ``jobs.jsonl`` with a line for each job, and ``<shard>-<attempt>/``, the
results folder of that job. Everything that matters is in files, so another process can go on with it. What is run in
shards may be a run, a comparison or a calibration: see :class:`Result`.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NotRequired, TypedDict

from perfsuite.records import reading, store

PLAN, JOBS = "plan.json", "jobs.jsonl"


@dataclass(frozen=True)
class Result:
    """What the job of a shard leaves behind when it is whole."""

    command: str  # that measures it, and goes on with it: "run", "compare", "calibrate"
    files: str  # where to look for it, below the results folder of the job
    whole: Callable[[Path, int], bool]  # whether a file is all of the shard with a number; ValueError: it is damaged


def _record(path: Path, number: int) -> bool:
    head, records = store.stream(path)
    records.close()
    return not head.partial and [part.number for part in head.shards] == [number]


RECORD = Result("run", "*/*.jsonl.gz", _record)


class _Plan(TypedDict):
    command: NotRequired[str]
    words: list[str]
    count: int
    commit: str
    seconds: list[float]


class _Job(TypedDict):
    shard: int
    attempt: int
    job: str


@dataclass(frozen=True)
class Folder:
    """A sharded run on disk."""

    path: Path
    words: tuple[str, ...]  # the command of a shard, without its number and its results folder
    count: int
    commit: str  # "" outside a repository
    seconds: tuple[float, ...]  # each shard is predicted to take
    result: Result = RECORD

    def whole(self, number: int) -> Path | None:
        """The whole result of shard ``number``, if there is one; of several, the first."""
        for path in sorted(self.path.glob(f"{number}-*/{self.result.files}")):
            with contextlib.suppress(ValueError):
                if self.result.whole(path, number):
                    return path
        return None

    def jobs(self, number: int) -> list[str]:
        """The jobs that were started for shard ``number``, the latest last."""
        return [line["job"] for line in self._lines() if line["shard"] == number]

    def attempt(self, number: int) -> Path:
        """A new results folder for shard ``number``."""
        path = self.path / f"{number}-{1 + len(list(self.path.glob(f'{number}-*')))}"
        path.mkdir()
        return path

    def started(self, number: int, attempt: Path, job: str) -> None:
        """Note that ``job`` was started for shard ``number``."""
        line = json.dumps({"shard": number, "attempt": int(attempt.name.partition("-")[2]), "job": job})
        with (self.path / JOBS).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _lines(self) -> Iterator[_Job]:
        path = self.path / JOBS
        for at, text in enumerate(reading.kept(path) if path.exists() else (), start=1):
            with reading.damage(path, f"line {at}"):
                yield reading.value(reading.parsed(text), _Job)

    def said(self, number: int) -> str:
        """The last line that the last job of shard ``number`` printed; "" if there is none."""
        files = [path for path in self.path.glob(f"{number}-*/*") if path.name == "output" or path.suffix == ".err"]
        for path in sorted(files, key=lambda path: path.stat().st_mtime, reverse=True):
            if lines := path.read_text(encoding="utf-8", errors="replace").split("\n"):
                return reading.told(next((line for line in reversed(lines) if line.strip()), ""))
        return ""

    def end(self, results: Path) -> None:
        """Move the traces to ``results`` and remove the folder; call it when the merged result is written."""
        for trace in self.path.glob("*/profile/*"):
            target = results / "profile" / trace.name
            target.parent.mkdir(parents=True, exist_ok=True)
            trace.rename(target)
        shutil.rmtree(self.path)


def begin(
    results: Path, words: tuple[str, ...], commit: str, seconds: tuple[float, ...], result: Result = RECORD
) -> Folder:
    """The folder of a new run whose shards are predicted to take ``seconds``."""
    path = results / "shards" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    path.mkdir(parents=True)
    found = Folder(path.resolve(), words, len(seconds), commit, seconds, result)
    plan = {"command": result.command, "words": words, "count": found.count, "commit": commit, "seconds": seconds}
    (path / PLAN).write_text(json.dumps(plan), encoding="utf-8")
    return found


def resume(results: Path, run: str = "", result: Result = RECORD) -> Folder:
    """The folder of an unfinished sharded run that leaves such results, by default the newest.

    Raises:
        ValueError: there is none, it is of another command, or its plan is damaged.
    """
    other = ""
    for path in sorted((results / "shards").glob(f"{run or '*'}/{PLAN}"), reverse=True):
        with reading.damage(path, remedy="delete its folder and start again"):
            plan = reading.value(reading.parsed(path.read_bytes()), _Plan)
        if (command := plan.get("command", RECORD.command)) == result.command:
            where, words, seconds = path.parent.resolve(), tuple(plan["words"]), tuple(plan["seconds"])
            return Folder(where, words, plan["count"], plan["commit"], seconds, result)
        other = command
    if run and other:
        raise ValueError(f"{run} is a sharded {other}: go on with `{other} --engine ... --resume {run}`")
    which = f"no sharded run {run!r}" if run else "no unfinished sharded run"
    raise ValueError(f"{which} in {results / 'shards'}: nothing to resume")
