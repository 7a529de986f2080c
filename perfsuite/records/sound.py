"""What a file must hold beyond the types of its fields, so that everything that reads it can rely on it.

Each function looks at one value and raises a ``ValueError`` that begins with the field. Nothing is read here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from perfsuite.model.cell import Cell
from perfsuite.model.printable import visible
from perfsuite.model.record import STATUSES, Launch, Proof, Record, Roof, Run
from perfsuite.records.reading import told

SHORTEST = 1e-15  # seconds: no call and no operator takes less, and nothing is divided by less
LOG = 100.0  # a logarithm of a ratio of times: e to its power is still a number
ORIGIN = ("run", "started", "machine_class", "commit")
NAME = 200  # characters of what becomes the name of a file or a folder
PATH = 1000
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def run(found: Run) -> None:
    """What stands in the first line of a record file."""
    if found.records:
        raise ValueError("records: belong on lines of their own")
    origin({name: getattr(found, name) for name in ORIGIN})
    at_least(0, found.seconds, "seconds")
    for at, roof in enumerate(found.roofs):
        ceiling(roof, f"roofs[{at}]")
    names: set[str] = set()
    for at, problem in enumerate(found.problems):
        family, _, file = problem.name.partition(".")
        if not (family and file):
            raise ValueError(f"problems[{at}].name: '{told(problem.name)}' is no component; it reads family.file")
        if problem.name in names:
            raise ValueError(f"problems[{at}].name: {told(problem.name)} is there twice")
        names.add(problem.name)


def origin(found: Mapping[str, Any]) -> None:
    """What tells one run from another: files and folders are called after it."""
    for name in ORIGIN:
        if name == "started":
            moment(found[name], name)
        elif found[name] or name != "commit":  # outside a repository there is none
            named(found[name], name)


def record(found: Record, components: Iterable[str]) -> None:
    """One cell's result, of a run that tells of ``components``."""
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
    if found.trace:
        inside(found.trace, "trace")
    numbers: set[int] = set()
    for at, one in enumerate(found.launches):
        launch(one, f"launches[{at}]")
        if one.launch in numbers:
            raise ValueError(f"launches[{at}].launch: {one.launch} is there twice")
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
        if values:  # what is kept of a run for good has fewer columns
            _as_long(values, found.wall, f"{where}.{name}")
        for at, number in enumerate(values):
            at_least(0, number, f"{where}.{name}[{at}]")
    for at, position in enumerate(found.judged):
        at_least(0, position, f"{where}.judged[{at}]")


def _as_long(values: Sequence[float], wall: Sequence[float], where: str) -> None:
    if len(values) != len(wall):
        raise ValueError(f"{where}: holds {len(values)} values, wall {len(wall)}")


def proof(found: Proof, where: str) -> None:
    """How an answer compared with the reference."""
    for name in ("error", "share", "seeds", "first", "call"):
        at_least(0, getattr(found, name), f"{where}.{name}")
    for at, seed in enumerate(found.drawn):
        at_least(0, seed, f"{where}.drawn[{at}]")


def ceiling(found: Roof, where: str) -> None:
    """A measured limit: something is divided by it."""
    for name in ("value", "typical"):
        at_least(SHORTEST, getattr(found, name), f"{where}.{name}")


def at_least(least: float, value: float, where: str) -> None:
    """A number that is not smaller than ``least``."""
    if not value >= least:
        above = f"at least {least:g}" if least else "not below 0"
        raise ValueError(f"{where}: must be {above}, is {value:g}")


def status(found: str, where: str) -> None:
    """One of the words for why a cell has a time, or none."""
    one_of(STATUSES, found, where)


def one_of(known: Collection[Any], found: Any, where: str) -> None:
    """One of a few words."""
    if found not in known:
        raise ValueError(f"{where}: '{told(found)}' is unknown; known are {', '.join(map(str, known))}")


def cell(found: str, where: str) -> Cell:
    """The name of a measurement."""
    try:
        return Cell.parse(found)
    except ValueError:
        raise ValueError(f"{where}: '{told(found)}' is not a cell") from None


def named(found: str, where: str) -> None:
    """What becomes the name of a file or a folder, and of no other one."""
    if not _is_name(found):
        raise ValueError(f"{where}: '{told(found)}' cannot be the name of a folder")


def _is_name(text: str) -> bool:
    return 0 < len(text) <= NAME and text not in (".", "..") and not {*"/\\"} & {*text} and visible(text) == text


def inside(found: str, where: str) -> None:
    """A path relative to the results folder that does not lead out of it."""
    if not stays(found):
        raise ValueError(f"{where}: '{told(found)}' leads out of the results folder")


def stays(path: str) -> bool:
    """Whether ``path`` stays in the folder that it is relative to, whoever reads it: a browser, or any system."""
    parts = PurePosixPath(path).parts
    odd = path.startswith("/") or ".." in parts or "\\" in path or SCHEME.match(path) or visible(path) != path
    return bool(parts) and not odd and len(path) <= PATH


def moment(found: str, where: str) -> None:
    """A time with its zone, which also stands in the name of a file."""
    try:
        aware = datetime.fromisoformat(found).tzinfo is not None
    except ValueError:
        aware = False
    if not (aware and _is_name(found)):
        raise ValueError(f"{where}: '{told(found)}' is no time with a zone, such as 2026-11-21T23:50:00+00:00")
