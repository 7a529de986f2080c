"""The lines of a run's journal: their types, and what the types do not express."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from perfsuite.model.record import (
    Compiling,
    Cost,
    Fact,
    Launch,
    Parts,
    Proof,
    Roof,
    ShapeCall,
    launch_from,
    parts_from,
)
from perfsuite.model.shard import Shard
from perfsuite.project import catalogue
from perfsuite.records import reading, sound
from perfsuite.records.options import Options


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


class _Parts(TypedDict):
    kind: str
    cell: str
    parts: Parts


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
    "parts": _Parts,
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


def check(line: Mapping[str, Any]) -> None:
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
        case "parts":
            sound.parts(parts_from(line["parts"]), "parts")
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
