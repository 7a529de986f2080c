"""What a run has found so far, on disk: one JSON line per step, so that a killed run loses only what was running.

The record file is a pure function of the journal: an interrupted run and a resumed one end in the same kind of file.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from benchmarks import catalogue, estimates, impossible, lines, reading, sound
from benchmarks.cell import Cell
from benchmarks.record import Cost, Fact, Launch, Proof, Record, Roof, Run, launch_from
from benchmarks.roofs import merge

DIFFERENT = 2.0  # times that a cell may take beside its rivals of what it takes alone, in the best of its launches
UNSTABLE = 4.0  # an interval whose upper end is this many times its lower one is no measurement


@dataclass(frozen=True)
class Options:
    """What was asked of a run. Everything that a resumed run needs to go on as before."""

    cells: tuple[str, ...]
    selection: str  # "quick", "full" or the -k expression
    command: str
    left_out: str
    launches: int = 6  # the range of six launch medians covers the median with 96.9 %
    rounds: int = 20
    budget: float = 0.15  # seconds of samples per cell and launch
    target: float = 1e-3  # seconds of one sample
    longest: float = 0.5  # a call predicted to take three times longer is skipped
    timeout: float = 300.0  # seconds that one step may take
    seeds: int = 3
    secret: int | None = None  # what the seeds of the inputs are drawn from; None is drawn, and told at the end
    memory_limit: int = 0  # bytes that a worker may grow by; 0 is no limit
    cost: bool = True
    traces: tuple[str, ...] = ()  # the cells to profile
    limits: float = 0.3  # seconds for each ceiling, at most

    @property
    def ceiling(self) -> float:
        """Seconds for each ceiling: no longer than is worth while for cells that are timed for a moment only."""
        return min(self.limits, 2 * self.budget)


@dataclass
class Found:
    """The journal's lines, put together."""

    head: dict[str, Any]
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    launches: dict[tuple[int, str], Launch] = field(default_factory=dict)
    faults: dict[str, tuple[str, str]] = field(default_factory=dict)  # cell -> (status, reason), after the check
    contended: dict[str, int] = field(default_factory=dict)  # cell -> launches in which the cores were not free
    traces: dict[str, str] = field(default_factory=dict)
    roofs: list[list[Roof]] = field(default_factory=list)
    facts: tuple[Fact, ...] = ()
    secrets: list[int] = field(default_factory=list)  # what the seeds of the inputs were drawn from, a sitting each
    seconds: float = 0.0
    ended: bool = False

    @property
    def options(self) -> Options:
        """What was asked for."""
        data = self.head["options"]
        return Options(**{**data, "cells": tuple(data["cells"]), "traces": tuple(data["traces"])})

    def disturbance(self, cell: str) -> str:
        """Whether its rivals slow ``cell`` down: "takes ... alone and ... beside its rivals"; "" if they do not.

        The other way round it says nothing: a process with a past has memory at hand that a fresh one has to fetch.
        """
        taken = [launch for (_, name), launch in self.launches.items() if name == cell and launch.wall]
        alone, beside = ([statistics.median(one.wall) for one in taken if one.alone == kind] for kind in (True, False))
        if not alone or not beside or min(beside) <= DIFFERENT * statistics.median(alone):
            return ""
        each = statistics.median(alone), statistics.median(beside)
        return "takes {:.3g} µs alone and {:.3g} µs beside its rivals".format(*(seconds * 1e6 for seconds in each))

    def add(self, line: Mapping[str, Any]) -> None:
        """Take in one line of the journal."""
        cell = line.get("cell", "")
        match line["kind"]:
            case "check":
                self.checks[cell] = dict(line["answer"])
            case "launch":
                self.launches[line["launch"]["launch"], cell] = launch_from(line["launch"])
                self.contended[cell] = self.contended.get(cell, 0) + bool(line["contended"])
            case "fault":
                self.faults[cell] = (line["status"], line["reason"])
            case "trace":
                self.traces[cell] = line["path"]
            case "roofs":
                self.roofs.append([Roof(**roof) for roof in line["roofs"]])
            case "sitting":
                self.seconds += line["seconds"]
                self.ended = line["ended"]
                self.secrets += [line["secret"]] if "secret" in line else []
            case "facts":
                self.facts = tuple(Fact(**fact) for fact in line["facts"])
            case "environment":
                self.head["environment"] = line["environment"]


Journal = lines.Journal[Found]


# -- the file, as others may have written it ---------------------------------------------------------------------------


class _Head(TypedDict):
    kind: str
    run: str
    started: str
    began: float  # ``time.time()``
    options: Options
    machine: dict[str, Any]
    machine_class: str
    commit: str
    dirty: bool
    tree: str


class _Check(TypedDict):
    kind: str
    cell: str
    answer: dict[str, Any]  # of a worker: what is read of it is an ``_Answer``


class _Answer(TypedDict):
    status: str
    reason: str
    proof: NotRequired[Proof | None]
    cost: NotRequired[Cost | None]


class _Launch(TypedDict):
    kind: str
    cell: str
    launch: Launch
    contended: bool


class _Fault(TypedDict):
    kind: str
    cell: str
    status: str
    reason: str


class _Trace(TypedDict):
    kind: str
    cell: str
    path: str


class _Roofs(TypedDict):
    kind: str
    roofs: tuple[Roof, ...]


class _Sitting(TypedDict):
    kind: str
    seconds: float
    ended: bool
    secret: NotRequired[int]


class _Facts(TypedDict):
    kind: str
    facts: tuple[Fact, ...]


class _Environment(TypedDict):
    kind: str
    environment: dict[str, Any]


KINDS = {
    "run": _Head,
    "check": _Check,
    "launch": _Launch,
    "fault": _Fault,
    "trace": _Trace,
    "roofs": _Roofs,
    "sitting": _Sitting,
    "facts": _Facts,
    "environment": _Environment,
}


def begin(results: Path, options: Options, machine: Mapping[str, Any]) -> Journal:
    """Start the journal of a new run."""
    return Journal.begin(results / "journal", Found, "run", {"options": dataclasses.asdict(options), **machine})


def resume(results: Path, run: str = "") -> Journal:
    """Open the journal of a run that did not end, or whose record file was not written, by default the newest.

    Raises:
        ValueError: there is no such run.
    """
    return Journal.resume(results / "journal", load, "run", run, ended=True)


def load(path: Path) -> Found:
    """Read a journal, whoever wrote it.

    Raises:
        ValueError: it is damaged elsewhere than at its end, or of cells that are no more.
    """
    asked: set[str] = set()

    def check(line: Mapping[str, Any]) -> None:
        if line["kind"] == "run":
            asked.update(line["options"]["cells"])
        elif "cell" in line and line["cell"] not in asked:
            raise ValueError("cell: is not among those that the run was asked for")
        _check(line)

    return lines.load(path, Found, KINDS, check)


def _check(line: Mapping[str, Any]) -> None:
    """What the types of a line do not say."""
    match line["kind"]:
        case "run":
            sound.origin(line)
            _check_options(line["options"])
        case "check":
            answer = {name: item for name, item in line["answer"].items() if name in _Answer.__annotations__}
            told = reading.value(answer, _Answer)
            sound.status(told["status"], "answer.status")
            if proof := told.get("proof"):
                sound.proof(proof, "answer.proof")
        case "launch":
            sound.launch(launch_from(line["launch"]), "launch")
        case "fault":
            sound.status(line["status"], "status")
        case "trace":
            sound.inside(line["path"], "path")
        case "roofs":
            for at, roof in enumerate(line["roofs"]):
                sound.ceiling(Roof(**roof), f"roofs[{at}]")
        case "sitting":
            sound.at_least(0, line["seconds"], "seconds")
            sound.at_least(0, line.get("secret", 0), "secret")


def _check_options(data: Mapping[str, Any]) -> None:
    options = reading.value(data, Options)
    for at, name in enumerate(options.cells):
        where = f"options.cells[{at}]"
        cell = sound.cell(name, where)
        if cell.case not in {case.name for case in catalogue.component(cell.component).cases}:
            raise ValueError(f"{where}: {reading.told(name)} is no more")
    for name in ("launches", "rounds", "seeds"):
        sound.at_least(1, getattr(options, name), f"options.{name}")
    for name in ("budget", "target", "longest", "timeout", "limits"):
        sound.at_least(sound.SHORTEST, getattr(options, name), f"options.{name}")


def fold(found: Found, tree: Path = catalogue.IMPLS) -> Run:
    """All that the journal holds as a :class:`Run`."""
    options = found.options
    cells = [Cell.parse(cell) for cell in options.cells]
    names = list(dict.fromkeys(cell.component for cell in cells))
    head = found.head
    roofs = merge(found.roofs)
    return Run(
        run=head["run"],
        started=head["started"],
        seconds=found.seconds,
        partial=not found.ended,
        selection=options.selection,
        command=options.command,
        left_out=options.left_out,
        commit=head["commit"],
        dirty=head["dirty"],
        tree=head["tree"],
        machine=head["machine"],
        environment=head.get("environment", {}),
        machine_class=head["machine_class"],
        roofs=roofs,
        problems=tuple(catalogue.problem(catalogue.component(name), tree) for name in names),
        records=tuple(_record(cell, found, roofs) for cell in cells if str(cell) in found.checks),
        facts=found.facts,
        secrets=tuple(found.secrets),
    )


def _launches(cell: str, found: Found) -> tuple[Launch, ...]:
    """The launches that count: those beside its rivals or, where its group was timed again, those apart from them.

    What one that is alone takes in a fresh process is no measure of what it takes in one with a past: the allocator
    differs. So the two kinds are never mixed.
    """
    numbers = sorted(number for number, name in found.launches if name == cell)
    look = found.options.launches  # the number of the launch in which it was looked at alone
    chosen = [number for number in numbers if number > look] or [number for number in numbers if number < look]
    return tuple(found.launches[number, cell] for number in chosen)


def _apart(cell: str, found: Found, launches: Sequence[Launch]) -> str:
    """That a cell was timed apart from its rivals, and why."""
    if len(launches) < 2 or not all(launch.alone for launch in launches):
        return ""
    return f"timed apart from its rivals{f': it {told}' if (told := found.disturbance(cell)) else ''}"


def _record(cell: Cell, found: Found, roofs: Sequence[Roof]) -> Record:
    name = str(cell)
    component = catalogue.component(cell.component)
    case = next(case for case in component.cases if case.name == cell.case)
    check = found.checks[name]
    launches = _launches(name, found)
    status, reason = check["status"], check["reason"]
    if status == "ok":
        status, reason = found.faults.get(name, ("ok", ""))
    record = Record(
        cell=name,
        status=status,
        reason=reason,
        dtype=case.dtype,
        series=case.series,
        size=case.size,
        flops=component.flops(case),
        bytes=component.bytes(case),
        proof=Proof(**check["proof"]) if status == "ok" and check.get("proof") else None,
        launches=launches if status == "ok" else (),
        cost=Cost(**check["cost"]) if check.get("cost") else None,
        trace=found.traces.get(name, ""),
        remark=_apart(name, found, launches),
    )
    return _judged(record, found.contended.get(name, 0), impossible.why(record, component, roofs))


def _judged(record: Record, contended: int, beyond: str) -> Record:
    """``record`` with the status that its own samples give it; ``beyond`` says why the hardware allows no such."""
    if record.status != "ok":
        return record
    if not record.launches:
        return dataclasses.replace(record, status="skipped", reason="not timed: the run was interrupted before")
    if beyond:
        return dataclasses.replace(record, status="impossible", reason=beyond)
    estimate = estimates.seconds(record)
    if estimate is not None and estimate.low > 0 and estimate.high > UNSTABLE * estimate.low:
        medians = [statistics.median(launch.wall) for launch in record.launches]
        reason = f"launches differ by {max(medians) / min(medians):.1f}x"
        return dataclasses.replace(record, status="unstable", reason=reason)
    if 2 * contended > len(record.launches):
        reason = f"the cores were not free in {contended} of {len(record.launches)} launches"
        return dataclasses.replace(record, status="contended", reason=reason)
    return record
