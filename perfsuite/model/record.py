"""The result of a run: plain frozen values, one file per run, written once.

Raw times are stored as measured; medians, intervals, ratios and distances are derived where they are shown.
All times are in seconds, all sizes in bytes. The comment on ``SCHEMA`` gives the schema's history.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from perfsuite.model.cell import Cell
from perfsuite.model.shard import Shard

# 1 (2026-11): first.
# A new field with a default needs no new number: files without it are read with the default. Removing or renaming a
# field, or changing its meaning, needs one, and the code that reads the older number stays. Unknown fields are damage.
SCHEMA = 1

FAILED = ("wrong", "error", "timeout", "crashed", "oom")  # the variant's own fault
# No result; the run exits with code 3. "impossible" is not in FAILED because the declared work may be wrong instead of
# the variant: the worker is still usable, and the samples stay in the record.
REFUSED = (*FAILED, "impossible")
# Whether a cell has a time, and if not, why. Only "ok" cells enter an aggregate.
STATUSES = ("ok", *REFUSED, "skipped", "unstable", "contended")


@dataclass(frozen=True)
class Launch:
    """The samples of one cell in one fresh process."""

    launch: int
    calls: int  # calls per sample
    prepare: float  # seconds to prepare the callable, not part of any sample
    first: float  # seconds of the first call in this process
    at: tuple[float, ...]  # start of each sample, in seconds since the start of the run
    wall: tuple[float, ...]  # seconds per call of each sample, in time order
    cpu: tuple[float, ...] = ()  # thread CPU seconds of each sample
    delay: tuple[float, ...] = ()  # seconds that each sample waited for a core
    switches: tuple[int, ...] = ()  # involuntary context switches in each sample
    faults: tuple[int, ...] = ()  # minor page faults in each sample
    # seconds of "first item", "per item", "device", or of the parts that a timeline names
    parts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    alone: bool = False  # whether its rivals ran in separate processes
    judged: tuple[int, ...] = ()  # positions of the samples whose results were compared with the reference

    @cached_property
    def median(self) -> float:
        """The median of ``wall``: the one number that this launch contributes. There must be samples."""
        return statistics.median(self.wall)


@dataclass(frozen=True)
class Proof:
    """How the result compared with the float64 reference, before anything was timed."""

    error: float  # largest |error|
    share: float  # largest |error| / allowed, at most 1
    seeds: int  # inputs tried
    first: float  # seconds of preparation and first call in a fresh process; includes a compiled variant's cold compile
    call: float  # seconds of a later call; only for planning
    drawn: tuple[int, ...] = ()  # the seeds of these inputs, unpredictable for the variant


@dataclass(frozen=True)
class Cost:
    """What one call used besides time, measured in a separate pass."""

    peak: int | None  # peak bytes above the level at entry
    peak_is: str  # "exact", "at least" (native code outside torch and numpy), or why it is unknown
    allocations: int | None  # allocations in one call
    ops: int | None  # operators dispatched, without views; None for compiled code
    views: int | None
    traffic: int | None  # bytes that these operators read and write, unfused
    parts: Parts | None = None  # what its time consists of; None in files from before it was counted, and on CUDA


OTHERS = "others"  # the name of what is summed up, since only the longest parts are kept


@dataclass(frozen=True)
class Part:
    """Operators or native functions of one name in one call of a cell."""

    calls: int
    seconds: float  # of all these calls, each measured by itself
    faults: float = 0.0  # page faults meanwhile, which these seconds include


@dataclass(frozen=True)
class Parts:
    """What one call consists of, each part counted or measured by itself, in a pass that times no cell.

    ``None`` means that a part could not be counted, and then it explains nothing.
    """

    operators: Mapping[str, Part] | None  # by name; ran again by themselves, on other data of the same shape
    nodes: int | None  # autograd nodes that were recorded
    steps: int | None  # autograd nodes that were run backward
    starts: int | None  # times that the autograd engine was started
    instructions: int | None  # Python bytecode, in this thread
    native: Mapping[str, Part] | None  # native functions that call no torch operator, CPU time


@dataclass(frozen=True)
class ShapeCall:
    """The first call on inputs of one shape, in a process that had been given the shapes before it, and no others."""

    case: str
    seconds: float  # of this call; the first also prepares and compiles
    again: float  # seconds of the next call on the same inputs
    graphs: int  # compiled in this call; 0: one that had been compiled before served


@dataclass(frozen=True)
class Compiling:
    """What the first calls of a compiled cell cost, each in a process of its own that has started the compiler.

    Only on request (``--compile-cost``). ``cold`` and ``warm`` have one value for each repetition.
    """

    cold: tuple[float, ...] = ()  # seconds of preparation and first call, with an empty folder for compiled code
    warm: tuple[float, ...] = ()  # the same in another process, with the folder that the cold one has filled
    shapes: tuple[ShapeCall, ...] = ()  # under torch's default, where sizes that differ become dynamic


@dataclass(frozen=True)
class CompilerStart:
    """The start of torch's compiler in one process: importing it, and compiling a graph of two operators."""

    seconds: float
    empty: bool  # whether nothing was on disk, so that this graph and C++ headers were compiled; only in the first


@dataclass(frozen=True)
class Record:
    """The result of one cell."""

    cell: str
    status: str  # one of STATUSES
    reason: str = ""  # why the status is not "ok"
    dtype: str = ""
    series: str = ""  # the curve of time against size that the case belongs to
    size: int = 0
    flops: int = 0  # declared by the component for this case
    bytes: int = 0
    proof: Proof | None = None
    launches: tuple[Launch, ...] = ()
    cost: Cost | None = None
    remark: str = ""  # what a reader must know about how the time was measured
    trace: str = ""  # path of the profiler's trace, relative to the results folder
    compiling: Compiling | None = None

    @cached_property
    def key(self) -> Cell:
        """The cell, split into its axes."""
        return Cell.parse(self.cell)


@dataclass(frozen=True)
class Variant:
    """What a reader needs to know about a variant: the record carries its source, so a report never imports it."""

    name: str
    lesson: str  # first line of its docstring
    doc: str  # the whole docstring
    source: str
    hash: str  # of the source
    needs: tuple[str, ...] = ()
    prepared: bool = False


@dataclass(frozen=True)
class Problem:
    """What a reader needs to know about a component."""

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
    published: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # one position per source, nan if missing
    published_case: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)  # part that is not declared -> how it is derived


@dataclass(frozen=True)
class Roof:
    """One measured hardware limit of this machine."""

    name: str  # "fp32", "L2", "dispatch": see perfsuite.instruments.limits
    threads: str  # "1", "all"
    device: str
    value: float  # best of the run, in ``unit``
    typical: float  # median of the bursts
    unit: str  # "FLOP/s", "B/s", "s"
    what: str  # how it was measured


@dataclass(frozen=True)
class Fact:
    """A claim from a source that does not concern time."""

    says: str
    holds: bool | None  # None: it could not be checked
    seen: str


@dataclass(frozen=True)
class Run:
    """Everything that one invocation measured."""

    run: str  # id: "20261121-235000-3f2a"
    started: str  # ISO 8601, UTC
    seconds: float  # total duration, over all its sittings
    partial: bool  # interrupted; --resume finishes it
    selection: str  # the requested cells: "quick", "full", "-k ..."
    command: str  # the command that repeats it
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
    secrets: tuple[int, ...] = ()  # the values that the input seeds were drawn from, one per sitting: ``--seed``
    compiler: tuple[CompilerStart, ...] = ()  # in time order, one for each process that was asked
    shards: tuple[Shard, ...] = ()  # the part of a run that this is, or those it was merged from; () if it is whole
    schema: int = SCHEMA

    @cached_property
    def by_cell(self) -> Mapping[str, Record]:
        """The records by their cells."""
        return {record.cell: record for record in self.records}

    def problem(self, name: str) -> Problem:
        """The problem called ``name``."""
        return next(problem for problem in self.problems if problem.name == name)


def to_json(value: Any) -> Any:
    """A dataclass as JSON types; field order is kept, ``nan`` and infinities become ``None``."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return None if value != value or value in (float("inf"), float("-inf")) else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_json(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): to_json(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    return value


def launch_from(data: Mapping[str, Any]) -> Launch:
    """A :class:`Launch` from what this process has just written: no validation, and no library is needed."""
    columns = ("at", "wall", "cpu", "delay", "switches", "faults", "judged")
    lists = {name: tuple(data[name]) for name in columns if name in data}
    parts = {name: tuple(values) for name, values in data.get("parts", {}).items()}
    return Launch(**{**data, **lists, "parts": parts})


def cost_from(data: Mapping[str, Any]) -> Cost:
    """A :class:`Cost` from what this process has just written."""
    return Cost(**{**data, "parts": parts_from(data["parts"])}) if data.get("parts") else Cost(**data)


def parts_from(data: Mapping[str, Any]) -> Parts:
    """:class:`Parts` from what this process has just written."""
    named = {
        kind: {name: part if isinstance(part, Part) else Part(**part) for name, part in data[kind].items()}
        for kind in ("operators", "native")
        if data[kind] is not None
    }
    return Parts(**{**data, **named})


def samples(records: Iterable[Record]) -> Iterator[tuple[str, int, float]]:
    """Each ``(cell, launch, seconds per call)`` of ``records``, in time order within a launch."""
    for record in records:
        for launch in record.launches:
            for wall in launch.wall:
                yield record.cell, launch.launch, wall
