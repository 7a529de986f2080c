"""What a run leaves behind: plain frozen values, one file per run, written once.

Raw times are kept as they were taken; medians, intervals, ratios and distances are derived where they are shown.
All times are seconds, all sizes bytes. The schema's history stands in ``SCHEMA``'s comment.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from perfsuite.model.cell import Cell

# 1 (2026-11): first.
# A field that is new and has a default needs no new number: files that lack it are read with the default. A field that
# is gone, is renamed or means something else does, and what reads the older number stays. An unknown field is damage.
SCHEMA = 1

FAILED = ("wrong", "error", "timeout", "crashed", "oom")  # the variant's own fault
# No result, and the exit code of a run is 3. What is impossible may also be the fault of the declared work, so it is
# none of the variant's alone: its worker is as good as before, and its samples stay in the record.
REFUSED = (*FAILED, "impossible")
# Why a cell has a time, or none. Only "ok" enters an aggregate.
STATUSES = ("ok", *REFUSED, "skipped", "unstable", "contended")


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
    alone: bool = False  # whether its rivals had processes of their own
    judged: tuple[int, ...] = ()  # positions of the samples whose answers were compared with the reference


@dataclass(frozen=True)
class Proof:
    """How the answer compared with the float64 reference, before anything was timed."""

    error: float  # largest |error|
    share: float  # largest |error| / allowed, at most 1
    seeds: int  # inputs tried
    first: float  # seconds of preparation and first call in a fresh process; a compiled variant's cold compile
    call: float  # seconds of a later call; only for planning
    drawn: tuple[int, ...] = ()  # the seeds of these inputs, which nobody could know beforehand


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
    remark: str = ""  # what a reader must know of how the time was taken
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

    name: str  # "fp32", "L2", "dispatch": see perfsuite.instruments.limits
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
    secrets: tuple[int, ...] = ()  # what the seeds of the inputs were drawn from, one for each sitting: ``--seed``
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
    """A :class:`Launch` as this process has just written it: nothing is looked at twice, and no library is needed."""
    columns = ("at", "wall", "cpu", "delay", "switches", "faults", "judged")
    lists = {name: tuple(data[name]) for name in columns if name in data}
    parts = {name: tuple(values) for name, values in data.get("parts", {}).items()}
    return Launch(**{**data, **lists, "parts": parts})


def samples(records: Iterable[Record]) -> Iterator[tuple[str, int, float]]:
    """Each ``(cell, launch, seconds per call)`` of ``records``, in time order within a launch."""
    for record in records:
        for launch in record.launches:
            for wall in launch.wall:
                yield record.cell, launch.launch, wall
