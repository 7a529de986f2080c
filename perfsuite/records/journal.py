"""The journal of a run on disk: one JSON line per step, so that a killed run loses only the step that was running.

The record file is a pure function of the journal, so an interrupted run and a resumed one give the same kind of file.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from perfsuite.model.record import (
    CompilerStart,
    Compiling,
    Cost,
    Fact,
    Launch,
    Proof,
    Roof,
    ShapeCall,
    launch_from,
)
from perfsuite.model.shard import Shard
from perfsuite.project import catalogue
from perfsuite.records import jsonl, reading, sound
from perfsuite.records.options import Options

DIFFERENT = 2.0  # a cell is disturbed if its best launch beside rivals takes more than this multiple of its time alone


@dataclass
class Found:
    """The combined content of the journal's lines."""

    head: dict[str, Any]
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    launches: dict[tuple[int, str], Launch] = field(default_factory=dict)
    faults: dict[str, tuple[str, str]] = field(default_factory=dict)  # cell -> (status, reason), after the check
    contended: dict[str, int] = field(default_factory=dict)  # cell -> launches in which the cores were not free
    traces: dict[str, str] = field(default_factory=dict)
    first_calls: dict[str, list[tuple[float, float]]] = field(default_factory=dict)  # cell -> (cold, warm) seconds
    shapes: dict[str, tuple[ShapeCall, ...]] = field(default_factory=dict)
    compiler: list[CompilerStart] = field(default_factory=list)
    roofs: list[list[Roof]] = field(default_factory=list)
    facts: tuple[Fact, ...] = ()
    secrets: list[int] = field(default_factory=list)  # the values that input seeds were drawn from, one per sitting
    seconds: float = 0.0
    ended: bool = False

    @property
    def options(self) -> Options:
        """The options that the run was started with."""
        data = self.head["options"]
        return Options(**{**data, "cells": tuple(data["cells"]), "traces": tuple(data["traces"])})

    def disturbance(self, cell: str) -> str:
        """Whether its rivals slow ``cell`` down: "takes ... alone and ... beside its rivals"; "" if they do not.

        A longer time alone does not count: a process that has already run has memory available that a fresh one must
        first get from the system.
        """
        taken = [launch for (_, name), launch in self.launches.items() if name == cell and launch.wall]
        alone, beside = ([statistics.median(one.wall) for one in taken if one.alone == kind] for kind in (True, False))
        if not alone or not beside or min(beside) <= DIFFERENT * statistics.median(alone):
            return ""
        each = statistics.median(alone), statistics.median(beside)
        return "takes {:.3g} µs alone and {:.3g} µs beside its rivals".format(*(seconds * 1e6 for seconds in each))

    def add(self, line: Mapping[str, Any]) -> None:
        """Add one line of the journal."""
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
            case "first call":
                self.first_calls.setdefault(cell, []).append((line["cold"], line["warm"]))
            case "shapes":
                self.shapes[cell] = tuple(ShapeCall(**shape) for shape in line["shapes"])
            case "compiler":
                self.compiler.append(CompilerStart(line["seconds"], line["empty"]))
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


Journal = jsonl.Journal[Found]


# -- the file format, for validation -----------------------------------------------------------------------------------


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
    shard: NotRequired[Shard]  # which part of a run this is


class _Check(TypedDict):
    kind: str
    cell: str
    answer: dict[str, Any]  # from a worker; the fields that are read form an ``_Answer``


class _Answer(TypedDict):
    status: str
    reason: str
    proof: NotRequired[Proof | None]
    cost: NotRequired[Cost | None]
    work: NotRequired[dict[str, Any]]


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


class _FirstCall(TypedDict):
    kind: str
    cell: str
    cold: float
    warm: float


class _Shapes(TypedDict):
    kind: str
    cell: str
    shapes: tuple[ShapeCall, ...]


class _Compiler(TypedDict):
    kind: str
    seconds: float
    empty: bool


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
    "first call": _FirstCall,
    "shapes": _Shapes,
    "compiler": _Compiler,
    "roofs": _Roofs,
    "sitting": _Sitting,
    "facts": _Facts,
    "environment": _Environment,
}


def shard_of(head: Mapping[str, Any]) -> Shard:
    """Which part of a run the journal with this first line holds."""
    part = head["shard"]
    return Shard(**{**part, **{name: tuple(part[name]) for name in ("cells", "components", "secrets")}})


def begin(results: Path, options: Options, machine: Mapping[str, Any]) -> Journal:
    """Start the journal of a new run."""
    return Journal.begin(results / "journal", Found, "run", {"options": dataclasses.asdict(options), **machine})


def resume(results: Path, run: str = "") -> Journal:
    """Open the journal of an unfinished run, or of one whose record file was not written, by default the newest.

    Raises:
        ValueError: there is no such run.
    """
    return Journal.resume(results / "journal", load, "run", run, ended=True)


def load(path: Path) -> Found:
    """Read and validate a journal from any source.

    Raises:
        ValueError: it is damaged anywhere but at its end, or has cells that no longer exist.
    """
    asked: set[str] = set()

    def check(line: Mapping[str, Any]) -> None:
        if line["kind"] == "run":
            asked.update(line["options"]["cells"])
        elif "cell" in line and line["cell"] not in asked:
            raise ValueError("cell: is not among the cells of this run")
        _check(line)

    return jsonl.load(path, Found, KINDS, check)


def _check(line: Mapping[str, Any]) -> None:
    """Check what the types of a line do not express."""
    match line["kind"]:
        case "run":
            sound.origin(line)
            _check_options(line["options"])
            if "shard" in line:
                sound.shard(shard_of(line), "shard")
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
        case "first call":
            sound.compiling(Compiling((line["cold"],), (line["warm"],)), "first call")
        case "shapes":
            sound.compiling(Compiling(shapes=tuple(ShapeCall(**shape) for shape in line["shapes"])), "shapes")
        case "compiler":
            sound.at_least(0, line["seconds"], "seconds")
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
            raise ValueError(f"{where}: {reading.told(name)} no longer exists")
    sound.at_least(0, options.compile_cost, "options.compile_cost")
    for name in ("launches", "rounds", "seeds"):
        sound.at_least(1, getattr(options, name), f"options.{name}")
    for name in ("budget", "target", "longest", "timeout", "limits"):
        sound.at_least(sound.SHORTEST, getattr(options, name), f"options.{name}")
