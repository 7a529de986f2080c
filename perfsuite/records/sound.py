"""Validation of file contents beyond the types of the fields, so that all readers can rely on it.

Each function checks one value and raises a ``ValueError`` that begins with the field. Nothing is read here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from perfsuite.model.cell import Cell
from perfsuite.model.printable import visible
from perfsuite.model.record import STATUSES, Compiling, Launch, Parts, Proof, Record, Roof, Run
from perfsuite.model.shard import Shard
from perfsuite.records.reading import told

SHORTEST = 1e-15  # seconds: no call or operator takes less, so it is safe to divide by
LOG = 100.0  # largest logarithm of a ratio of times: exp() of it is still finite
ORIGIN = ("run", "started", "machine_class", "commit")
NAME = 200  # maximum characters of a value used as a file or folder name
PATH = 1000
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def run(found: Run) -> None:
    """The first line of a record file."""
    if found.records:
        raise ValueError("records: belong on lines of their own")
    origin({name: getattr(found, name) for name in ORIGIN})
    at_least(0, found.seconds, "seconds")
    for at, start in enumerate(found.compiler):
        at_least(0, start.seconds, f"compiler[{at}].seconds")
    for at, roof in enumerate(found.roofs):
        ceiling(roof, f"roofs[{at}]")
    for at, part in enumerate(found.shards):
        shard(part, f"shards[{at}]")
    names: set[str] = set()
    for at, problem in enumerate(found.problems):
        family, _, file = problem.name.partition(".")
        if not (family and file):
            raise ValueError(f"problems[{at}].name: '{told(problem.name)}' is not a component name (family.file)")
        if problem.name in names:
            raise ValueError(f"problems[{at}].name: {told(problem.name)} appears twice")
        names.add(problem.name)


def origin(found: Mapping[str, Any]) -> None:
    """The fields that identify a run: files and folders are named after them."""
    for name in ORIGIN:
        if name == "started":
            moment(found[name], name)
        elif found[name] or name != "commit":  # empty outside a repository
            named(found[name], name)


def shard(found: Shard, where: str) -> None:
    """Which part of a run a record holds."""
    at_least(1, found.count, f"{where}.count")
    if not 1 <= found.number <= found.count:
        raise ValueError(f"{where}.number: must be 1 to {found.count}, is {found.number}")
    if not found.cells or list(found.cells) != sorted({*found.cells}):
        raise ValueError(f"{where}.cells: must be positions in order, each once")
    if not 0 <= found.cells[0] <= found.cells[-1] < found.total:
        raise ValueError(f"{where}.cells: must be positions below {found.total}")
    at_least(0, found.seconds, f"{where}.seconds")
    for at, secret in enumerate(found.secrets):
        at_least(0, secret, f"{where}.secrets[{at}]")
    for name in ("run", "started"):  # empty in the journal, whose first line has both
        if value := getattr(found, name):
            (moment if name == "started" else named)(value, f"{where}.{name}")


def record(found: Record, components: Iterable[str]) -> None:
    """The result of one cell, from a run that describes ``components``."""
    component = cell(found.cell, "cell").component
    if component not in components:
        raise ValueError(f"cell: {told(component)} is not among the components of this file")
    status(found.status, "status")
    for name in ("size", "flops", "bytes"):
        at_least(0, getattr(found, name), name)
    if found.series and not found.size:
        raise ValueError("size: is 0, but the case belongs to a series")
    if found.proof:
        proof(found.proof, "proof")
    if found.cost:
        for name in ("peak", "allocations", "ops", "views", "traffic"):
            at_least(0, getattr(found.cost, name) or 0, f"cost.{name}")
        if found.cost.parts:
            parts(found.cost.parts, "cost.parts")
    if found.compiling:
        compiling(found.compiling, "compiling")
    if found.trace:
        inside(found.trace, "trace")
    numbers: set[int] = set()
    for at, one in enumerate(found.launches):
        launch(one, f"launches[{at}]")
        if one.launch in numbers:
            raise ValueError(f"launches[{at}].launch: {one.launch} appears twice")
        numbers.add(one.launch)
    if found.status in ("ok", "impossible") and not found.launches:
        raise ValueError(f"launches: is empty, but the status is {found.status}")


def launch(found: Launch, where: str) -> None:
    """The samples of one cell in one process."""
    at_least(0, found.launch, f"{where}.launch")
    at_least(1, found.calls, f"{where}.calls")
    for name in ("prepare", "first"):
        at_least(0, getattr(found, name), f"{where}.{name}")
    if not found.wall:
        raise ValueError(f"{where}.wall: is empty")
    for at, seconds in enumerate(found.wall):
        at_least(SHORTEST, seconds, f"{where}.wall[{at}]")
    _as_long(found.at, found.wall, f"{where}.at")
    columns = {name: getattr(found, name) for name in ("cpu", "delay", "switches", "faults")}
    columns |= {f"parts.{told(name)}": values for name, values in found.parts.items()}
    for name, values in columns.items():
        if values:  # archived runs have fewer columns
            _as_long(values, found.wall, f"{where}.{name}")
        for at, number in enumerate(values):
            at_least(0, number, f"{where}.{name}[{at}]")
    for at, position in enumerate(found.judged):
        at_least(0, position, f"{where}.judged[{at}]")


def _as_long(values: Sequence[float], wall: Sequence[float], where: str) -> None:
    if len(values) != len(wall):
        raise ValueError(f"{where}: holds {len(values)} values, wall {len(wall)}")


def proof(found: Proof, where: str) -> None:
    """How a result compared with the reference."""
    for name in ("error", "share", "seeds", "first", "call"):
        at_least(0, getattr(found, name), f"{where}.{name}")
    for at, seed in enumerate(found.drawn):
        at_least(0, seed, f"{where}.drawn[{at}]")


def compiling(found: Compiling, where: str) -> None:
    """What the first calls of a compiled cell cost."""
    for name in ("cold", "warm"):
        for at, seconds in enumerate(getattr(found, name)):
            at_least(SHORTEST, seconds, f"{where}.{name}[{at}]")
    for at, shape in enumerate(found.shapes):
        for name in ("seconds", "again", "graphs"):
            at_least(0, getattr(shape, name), f"{where}.shapes[{at}].{name}")


def parts(found: Parts, where: str) -> None:
    """What a call consists of; the names of native functions come from the measured code."""
    for name in ("nodes", "steps", "starts", "instructions"):
        at_least(0, getattr(found, name) or 0, f"{where}.{name}")
    for kind in ("operators", "native"):
        for name, part in (getattr(found, kind) or {}).items():
            for what in ("calls", "seconds", "faults"):
                at_least(0, getattr(part, what), f"{where}.{kind}.{told(name)}.{what}")


def ceiling(found: Roof, where: str) -> None:
    """A measured hardware limit, which others divide by."""
    for name in ("value", "typical"):
        at_least(SHORTEST, getattr(found, name), f"{where}.{name}")


def at_least(least: float, value: float, where: str) -> None:
    """A number that is at least ``least``."""
    if not value >= least:
        above = f"at least {least:g}" if least else "not below 0"
        raise ValueError(f"{where}: must be {above}, is {value:g}")


def status(found: str, where: str) -> None:
    """One of ``STATUSES``."""
    one_of(STATUSES, found, where)


def one_of(known: Collection[Any], found: Any, where: str) -> None:
    """One of a few values."""
    if found not in known:
        raise ValueError(f"{where}: '{told(found)}' is not one of {', '.join(map(str, known))}")


def cell(found: str, where: str) -> Cell:
    """The name of a measurement."""
    try:
        return Cell.parse(found)
    except ValueError:
        raise ValueError(f"{where}: '{told(found)}' is not a cell") from None


def named(found: str, where: str) -> None:
    """A text that can be used as the name of a file or a folder."""
    if not _is_name(found):
        raise ValueError(f"{where}: '{told(found)}' cannot be the name of a folder")


def _is_name(text: str) -> bool:
    return 0 < len(text) <= NAME and text not in (".", "..") and not {*"/\\"} & {*text} and visible(text) == text


def inside(found: str, where: str) -> None:
    """A path relative to the results folder that does not lead out of it."""
    if not stays(found):
        raise ValueError(f"{where}: '{told(found)}' leads out of the results folder")


def stays(path: str) -> bool:
    """Whether ``path`` stays in the folder that it is relative to, for a browser and for every operating system."""
    parts = PurePosixPath(path).parts
    odd = path.startswith("/") or ".." in parts or "\\" in path or SCHEME.match(path) or visible(path) != path
    return bool(parts) and not odd and len(path) <= PATH


def moment(found: str, where: str) -> None:
    """A time with a time zone; it is also part of a file name."""
    try:
        aware = datetime.fromisoformat(found).tzinfo is not None
    except ValueError:
        aware = False
    if not (aware and _is_name(found)):
        raise ValueError(f"{where}: '{told(found)}' is not a time with a time zone, such as 2026-11-21T23:50:00+00:00")
