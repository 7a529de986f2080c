"""How the machine and the environment of two runs differ: a cell's time may have changed for that reason alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from perfsuite.host.machine import IDENTITY
from perfsuite.host.software import PLACES
from perfsuite.model.record import Run
from perfsuite.reporting import units

SIZES = ("memory", "caches")  # facts in bytes


@dataclass(frozen=True)
class Difference:
    """One fact that the two records state differently."""

    name: str  # "kernel", "torch", "variables OMP_NUM_THREADS"
    old: str  # "" if the record does not have it
    new: str


def machine(old: Run, new: Run) -> tuple[Difference, ...]:
    """How the machines differ: the kernel, the governor, the memory."""
    return tuple(_differences(old.machine, new.machine))


def environment(old: Run, new: Run) -> tuple[Difference, ...]:
    """How the software and its settings differ: packages, Python, the compiler, variables."""
    return tuple(_differences(old.environment, new.environment))


def classes(old: Run, new: Run) -> str:
    """Why two runs are of different classes of machine: the facts of the class that differ; "" if none is recorded."""
    found = _differences(*({name: run.machine.get(name) for name in IDENTITY} for run in (old, new)))
    return ", ".join(f"{one.name} {one.old or units.NONE} and {one.new or units.NONE}" for one in found)


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    before, after = dict(_flat(old)), dict(_flat(new))
    for name in {**before, **after}:
        was, now = before.get(name, ""), after.get(name, "")
        if was != now and not PLACES.fullmatch(name):
            yield Difference(name, was, now)


def _flat(told: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Nested facts as name and text, in their order."""
    for name, value in told.items():
        whole = f"{before} {name}".strip().replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flat(value, whole)
        else:
            yield whole, _text(whole, value)


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, int) and name.partition(" ")[0] in SIZES:
        return units.size(value)
    return "" if value is None else str(value)
