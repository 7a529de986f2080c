"""Record files: one per run, written once, and validated when read."""

from __future__ import annotations

import dataclasses
import gzip
import itertools
import json
import os
import re
import zlib
from collections.abc import Generator, Iterable, Iterator, Set
from pathlib import Path
from typing import Any

from perfsuite.model.record import SCHEMA, Record, Run, to_json
from perfsuite.project import catalogue
from perfsuite.records import reading, sound

RUN = re.compile(r"(\d{4})(\d\d)(\d\d)-(\d{6})-(\w+)")  # a run's id: "20261121-235000-3f2a"


def write(run: Run, folder: Path) -> Path:
    """Write ``run`` below ``folder``, under a unique name; the file appears complete or not at all."""
    return save(run, run.records, place(run, folder))


def place(run: Run, folder: Path) -> Path:
    """The file for ``run`` below ``folder``."""
    commit = run.commit[:10] or "nocommit"
    part = f"-shard{run.shards[0].number}of{run.shards[0].count}" if len(run.shards) == 1 else ""
    return folder / run.machine_class / f"{run.started[:19].replace(':', '')}-{commit}{part}-{run.run[-4:]}.jsonl.gz"


def save(head: Run, records: Iterable[Record], path: Path) -> Path:
    """Write the run ``head`` with ``records``, taken one by one, to ``path``; it appears complete or not at all.

    The first line is the run without its records, each further line one record.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + f".{os.getpid()}.part")
    try:
        with temporary.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
            for line in itertools.chain([dataclasses.replace(head, records=())], records):
                packed.write(json.dumps(to_json(line), allow_nan=False).encode() + b"\n")
        temporary.replace(path)
    except OSError as problem:
        temporary.unlink(missing_ok=True)
        raise OSError(problem.errno, problem.strerror, str(path)) from problem
    except BaseException:  # such as a damaged record among those it was to be made of
        temporary.unlink(missing_ok=True)
        raise
    return path


def read(path: Path) -> Run:
    """Read and validate a record file from any source.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a record file, is damaged, or has a newer schema; or msgspec is not installed. The message
            is one line that names the file, the cell (or the line, if there is no cell) and the field.
    """
    try:
        lines = reading.packed(path)
    except ValueError as problem:
        raise ValueError(f"{path} is not a readable record file: {problem}") from None
    head, records = _parsed(path, iter(lines))
    return dataclasses.replace(head, records=tuple(records))


def stream(path: Path) -> tuple[Run, Generator[Record, None, None]]:
    """The same, with the records apart: each is read when it is asked for, and none is kept.

    The file is open until the last record has been taken. Damage of a record is reported when it is reached.
    """
    return _parsed(path, _lines(path))


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                yield line.removesuffix(b"\n")
    except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
        raise ValueError(f"{path} is not a readable record file: {reading.told(problem)}") from None


def _parsed(path: Path, lines: Iterator[bytes]) -> tuple[Run, Generator[Record, None, None]]:
    first = next(lines, None)
    if first is None:
        raise ValueError(f"{path} is not a record file: it is empty")
    head = _head(path, first)
    return head, _records(path, lines, {problem.name for problem in head.problems})


def _records(path: Path, lines: Iterator[bytes], components: Set[str]) -> Generator[Record, None, None]:
    seen: set[str] = set()
    for number, line in enumerate(lines, start=2):
        with reading.damage(path, f"line {number}"):
            data = reading.parsed(line)
        cell = data.get("cell")
        with reading.damage(path, reading.told(cell) if isinstance(cell, str) else f"line {number}"):
            record = reading.value(data, Record)
            sound.record(record, components)
            if record.cell in seen:
                raise ValueError(f"cell: appears twice, again in line {number}")
            seen.add(record.cell)
        yield record


def _head(path: Path, line: bytes) -> Run:
    """The first line of a record file: the run without its records."""
    try:
        data = reading.parsed(line)
    except ValueError as problem:
        raise ValueError(f"{path} is not a readable record file: its first line {problem}") from None
    schema = data.get("schema")
    if schema is None:
        raise ValueError(f"{path} is not a record file: its first line has no schema")
    if type(schema) is int and schema > SCHEMA:
        newer = reading.told(schema)
        raise ValueError(f"{path} has schema {newer}, this version reads up to {SCHEMA}: update the suite")
    with reading.damage(path, "line 1"):
        found = reading.value(_with_gaps(data), Run)
        sound.at_least(1, found.schema, "schema")
        sound.run(found)
    return found


def _with_gaps(data: dict[str, Any]) -> dict[str, Any]:
    """``data`` with nan where a source has no figure, which JSON stores as null."""
    problems = data.get("problems")
    if not isinstance(problems, list):
        return data
    return {**data, "problems": [_gaps_of(problem) for problem in problems]}


def _gaps_of(problem: Any) -> Any:
    published = problem.get("published") if isinstance(problem, dict) else None
    if not isinstance(published, dict):
        return problem
    filled = {
        name: [float("nan") if value is None else value for value in values] if isinstance(values, list) else values
        for name, values in published.items()
    }
    return {**problem, "published": filled}


def named(folder: Path, name: Path) -> Path:
    """The record file ``name``, or the one below ``folder`` of the run with this id, such as 20261121-235000-3f2a.

    Raises:
        FileNotFoundError: there is neither.
    """
    if name.exists():
        return name
    files = []
    if told := RUN.fullmatch(str(name)):
        year, month, day, time, end = told.groups()
        files = sorted(folder.glob(f"*/{year}-{month}-{day}T{time}-*-{end}.jsonl.gz"))
    if not files:
        raise FileNotFoundError(f"{name} is neither a record file nor the id of a run below {folder}")
    return files[-1]


def earlier(folder: Path, run: Run) -> list[Path]:
    """The record files below ``folder`` of this class of machine that were begun before ``run``, the newest first."""
    began = run.started[:19].replace(":", "")
    files = (folder / run.machine_class).glob("*.jsonl.gz")
    return sorted((path for path in files if path.name[: len(began)] < began), key=lambda path: path.name, reverse=True)


def latest(folder: Path) -> Path:
    """The newest record file below ``folder``.

    Raises:
        FileNotFoundError: there is none yet.
    """
    files = sorted(folder.glob("*/*.jsonl.gz"), key=lambda path: (path.name, path.stat().st_mtime))
    if not files:
        raise FileNotFoundError(f"no record file below {folder}: run `{catalogue.PROJECT.command} run` first")
    return files[-1]
