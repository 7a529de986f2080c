"""What a run leaves behind: plain frozen values, one file per run, written once.

Raw times are kept as they were taken; medians, intervals, ratios and distances are derived where they are shown.
All times are seconds, all sizes bytes. The schema's history stands in ``SCHEMA``'s comment.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.cell import Cell

SCHEMA = 1  # 1 (2026-11): first

FAILED = ("wrong", "error", "timeout", "crashed", "oom")  # the variant's own fault
# Why a cell has a time, or none. Only "ok" enters an aggregate.
STATUSES = ("ok", *FAILED, "skipped", "unstable", "contended")


@dataclass(frozen=True)
class Launch:
    """The samples of one cell in one fresh process."""

    launch: int
    calls: int  # calls per sample
    prepare: float  # seconds to prepare the callable, not part of any sample
    first: float  # seconds of the first call in this process
    at: tuple[float, ...]  # when each sample began, seconds since the run began
    wall: tuple[float, ...]  # seconds per call of each sample, in time order
    cpu: tuple[float, ...] = ()  # thread CPU seconds of each sample
    delay: tuple[float, ...] = ()  # seconds that each sample waited for a core
    switches: tuple[int, ...] = ()  # involuntary context switches in each sample
    faults: tuple[int, ...] = ()  # minor page faults in each sample
    # "first item", "per item", "device", or what a timeline calls the parts of its work: seconds
    parts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """How the answer compared with the float64 reference, before anything was timed."""

    error: float  # largest |error|
    share: float  # largest |error| / allowed, at most 1
    seeds: int  # inputs tried
    first: float  # seconds of preparation and first call in a fresh process; a compiled variant's cold compile
    call: float  # seconds of a later call; only for planning


@dataclass(frozen=True)
class Cost:
    """What one call used beside time, from a pass of its own."""

    peak: int | None  # bytes above entry at the worst moment
    peak_is: str  # "exact", "at least" (native code outside torch and numpy), or why it is unknown
    allocations: int | None  # allocations in one call
    ops: int | None  # operators dispatched that are no views; None for compiled code
    views: int | None
    traffic: int | None  # bytes that these operators read and write, unfused


@dataclass(frozen=True)
class Record:
    """One cell's result."""

    cell: str
    status: str  # one of STATUSES
    reason: str = ""  # why the status is not "ok"
    dtype: str = ""
    series: str = ""  # the curve that the case belongs to
    size: int = 0
    flops: int = 0  # declared by the component for this case
    bytes: int = 0
    proof: Proof | None = None
    launches: tuple[Launch, ...] = ()
    cost: Cost | None = None
    trace: str = ""  # path of the profiler's trace, relative to the results folder

    @property
    def key(self) -> Cell:
        """The cell as axes."""
        return Cell.parse(self.cell)


@dataclass(frozen=True)
class Variant:
    """What a reader needs to know of a variant: the record carries its source, so a report never imports it."""

    name: str
    lesson: str  # first line of its docstring
    doc: str  # the whole docstring
    source: str
    hash: str  # of the source
    needs: tuple[str, ...] = ()
    prepared: bool = False


@dataclass(frozen=True)
class Problem:
    """What a reader needs to know of a component."""

    name: str
    title: str
    question: str
    rows: tuple[str, ...]
    baseline: str
    version: str
    variants: tuple[Variant, ...]  # in ladder order
    cases: tuple[str, ...] = ()  # in the component's order
    stream: bool = False
    work: Mapping[str, str] = field(default_factory=dict)
    published: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # a position per source, nan for none
    published_case: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Roof:
    """One measured ceiling of this machine."""

    name: str  # "fp32", "L2", "dispatch": see benchmarks.limits
    threads: str  # "1", "all"
    device: str
    value: float  # best of the run, in ``unit``
    typical: float  # median of the bursts
    unit: str  # "FLOP/s", "B/s", "s"
    what: str  # how it was measured


@dataclass(frozen=True)
class Fact:
    """One thing that a source says and that is no matter of time."""

    says: str
    holds: bool | None  # None: it could not be looked at
    seen: str


@dataclass(frozen=True)
class Run:
    """All that one invocation measured."""

    run: str  # id: "20261121-235000-3f2a"
    started: str  # ISO 8601, UTC
    seconds: float  # how long it took, over all its sittings
    partial: bool  # interrupted; --resume finishes it
    selection: str  # what was asked for: "quick", "full", "-k ..."
    command: str  # what repeats it
    left_out: str  # what the selection left out, and the command for it
    commit: str  # "" outside a repository
    dirty: bool
    tree: str  # hash of the measured impls
    machine: Mapping[str, Any]
    environment: Mapping[str, Any]
    machine_class: str  # results of different classes are never compared silently
    roofs: tuple[Roof, ...]
    problems: tuple[Problem, ...]
    records: tuple[Record, ...]
    facts: tuple[Fact, ...] = ()
    schema: int = SCHEMA

    def problem(self, name: str) -> Problem:
        """The problem called ``name``."""
        return next(problem for problem in self.problems if problem.name == name)


def to_json(value: Any) -> Any:
    """A dataclass as JSON's own types; field order is kept, ``nan`` and infinities become ``None``."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_json(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): to_json(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def launch_from(data: Mapping[str, Any]) -> Launch:
    """Read a :class:`Launch` from JSON."""
    lists = {name: tuple(data[name]) for name in ("at", "wall", "cpu", "delay", "switches", "faults")}
    parts = {name: tuple(values) for name, values in data["parts"].items()}
    return Launch(**{**data, **lists, "parts": parts})


def record_from(data: Mapping[str, Any]) -> Record:
    """Read a :class:`Record` from JSON."""
    return Record(
        **{
            **data,
            "proof": Proof(**data["proof"]) if data["proof"] else None,
            "launches": tuple(launch_from(launch) for launch in data["launches"]),
            "cost": Cost(**data["cost"]) if data["cost"] else None,
        }
    )


def problem_from(data: Mapping[str, Any]) -> Problem:
    """Read a :class:`Problem` from JSON."""
    variants = tuple(Variant(**{**variant, "needs": tuple(variant["needs"])}) for variant in data["variants"])
    published = {
        name: tuple(float("nan") if value is None else value for value in values)
        for name, values in data["published"].items()
    }
    return Problem(
        **{
            **data,
            "rows": tuple(data["rows"]),
            "cases": tuple(data["cases"]),
            "variants": variants,
            "published": published,
        }
    )


def write(run: Run, folder: Path) -> Path:
    """Write ``run`` below ``folder``, under a name that no other run has; the file appears whole or not at all.

    The first line is the run without its records, each further line one record.
    """
    commit = run.commit[:10] or "nocommit"
    path = folder / run.machine_class / f"{run.started[:19].replace(':', '')}-{commit}-{run.run[-4:]}.jsonl.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + f".{os.getpid()}.part")
    head = to_json(dataclasses.replace(run, records=()))
    try:
        with temporary.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
            for line in (head, *map(to_json, run.records)):
                packed.write(json.dumps(line, allow_nan=False).encode() + b"\n")
        temporary.replace(path)
    except OSError as problem:
        temporary.unlink(missing_ok=True)
        raise OSError(problem.errno, problem.strerror, str(path)) from problem
    return path


def read(path: Path) -> Run:
    """Read a record file.

    Raises:
        ValueError: the file is not a record file, is damaged, or comes from a newer schema.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            head, *records = map(json.loads, lines)
    except (OSError, EOFError, ValueError) as problem:
        if isinstance(problem, FileNotFoundError):
            raise
        raise ValueError(f"{path} is not a readable record file: {problem}") from problem
    if not isinstance(head, dict) or "schema" not in head:
        raise ValueError(f"{path} is not a record file: its first line has no schema")
    if head["schema"] > SCHEMA:
        raise ValueError(f"{path} has schema {head['schema']}, this version reads up to {SCHEMA}: update the suite")
    return Run(
        **{
            **head,
            "roofs": tuple(Roof(**roof) for roof in head["roofs"]),
            "problems": tuple(map(problem_from, head["problems"])),
            "records": tuple(map(record_from, records)),
            "facts": tuple(Fact(**fact) for fact in head.get("facts", ())),
        }
    )


def latest(folder: Path) -> Path:
    """The newest record file below ``folder``.

    Raises:
        FileNotFoundError: there is none yet.
    """
    files = sorted(folder.glob("*/*.jsonl.gz"), key=lambda path: (path.name, path.stat().st_mtime))
    if not files:
        raise FileNotFoundError(f"no record file below {folder}: run `python -m benchmarks run` first")
    return files[-1]


def samples(records: Iterable[Record]) -> Iterator[tuple[str, int, float]]:
    """Each ``(cell, launch, seconds per call)`` of ``records``, in time order within a launch."""
    for record in records:
        for launch in record.launches:
            for wall in launch.wall:
                yield record.cell, launch.launch, wall
