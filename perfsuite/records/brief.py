"""What a history needs of a record file, read without the rest: ten times as fast as the whole record.

A record of a full run has megabytes of sources, samples and counts; a history of a thousand runs needs the medians of
the launches. What is read is validated, and what is not read is not: a damaged count of operators goes unnoticed here.
"""

from __future__ import annotations

import array
import functools
import itertools
import math
import statistics
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from perfsuite.model.record import SCHEMA
from perfsuite.records import reading, sound


@dataclass(frozen=True)
class Origin:
    """What was measured, when and where: the same in the file and in a history."""

    run: str
    started: str
    commit: str
    dirty: bool
    partial: bool
    tree: str
    selection: str
    machine_class: str
    machine: Mapping[str, Any]
    environment: Mapping[str, Any]


@dataclass(frozen=True)
class Brief(Origin):
    """A run without samples, sources and counts. The sequences have an entry for each timed cell, in one order."""

    roofs: Mapping[str, float]  # "fp32/cpu/1" -> how long the same work takes, in an arbitrary unit
    cells: Sequence[str]
    work: Sequence[int]  # a number that changes with the declared work, the inputs or the dtype of the cell
    source: Sequence[int]  # a number that changes with the function of the cell; 0 where it is not known
    launches: Sequence[int]  # launches of the cell
    medians: array.array[float]  # seconds per call of each launch, cell after cell
    parts: Sequence[str] = ()  # the runs of its shards, if it is merged from several


# -- the part of the format that is read; what is not named here is skipped --------------------------------------------


@dataclass(frozen=True)
class _Schema:
    schema: int | None = None


@dataclass(frozen=True)
class _Variant:
    name: str
    hash: str = ""


@dataclass(frozen=True)
class _Problem:
    name: str
    version: str = ""
    variants: list[_Variant] = field(default_factory=list)


@dataclass(frozen=True)
class _Roof:
    name: str
    threads: str
    device: str
    typical: float
    unit: str


@dataclass(frozen=True)
class _Shard:
    run: str = ""


@dataclass(frozen=True)
class _Run(Origin):
    roofs: list[_Roof]
    problems: list[_Problem]
    shards: list[_Shard] = field(default_factory=list)


@dataclass(frozen=True)
class _Launch:
    wall: list[float]


@dataclass(frozen=True)
class _Record:
    cell: str
    status: str
    dtype: str = ""
    size: int = 0
    flops: int = 0
    bytes: int = 0
    launches: list[_Launch] = field(default_factory=list)


def brief(path: Path) -> Brief:
    """Read the part of a record file that a history needs.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a record file, has a newer schema, or what is read of it is damaged; one line.
    """
    try:
        lines = reading.packed(path)
    except ValueError as problem:
        raise ValueError(f"{path} is not a readable record file: {problem}") from None
    if not lines:
        raise ValueError(f"{path} is not a record file: it is empty")
    with reading.damage(path, "line 1"):
        schema = reading.lean(lines[:1], _Schema)[0].schema
    if schema is None:
        raise ValueError(f"{path} is not a record file: its first line has no schema")
    if schema > SCHEMA:
        raise ValueError(
            f"{path} has schema {reading.told(schema)}, this version reads up to {SCHEMA}: update the suite"
        )
    with reading.damage(path, "line 1"):
        head = reading.lean(lines[:1], _Run)[0]
        sound.origin({name: getattr(head, name) for name in sound.ORIGIN})
    with reading.damage(path, "after line 1"):
        columns = _columns(reading.lean(lines[1:], _Record), head.problems)
    return Brief(
        **{one.name: getattr(head, one.name) for one in fields(Origin)},
        roofs=_roofs(head.roofs),
        parts=[one.run for one in head.shards] if len(head.shards) > 1 else [],
        **columns,
    )


def _columns(records: Sequence[_Record], problems: Sequence[_Problem]) -> dict[str, Any]:
    """The columns of the timed cells, in one loop because a history has a million of them."""
    versions = {problem.name: problem.version for problem in problems}
    sources = _sources(problems)
    cells, work, source, counts = [], [], [], []
    medians = array.array("d")
    for one in records:
        if one.status != "ok":
            continue
        found = [  # an archived record has the median alone
            wall[0] if len(wall) == 1 else statistics.median(wall) for launch in one.launches if (wall := launch.wall)
        ]
        if found:
            component, function = _names(one.cell)
            cells.append(one.cell)
            work.append(_work(one.dtype, one.flops, one.bytes, one.size, versions.get(component, "")))
            source.append(sources.get(function, 0))
            counts.append(len(found))
            medians.extend(found)
    if len(set(cells)) < len(cells):
        twice = next(cell for at, cell in enumerate(cells) if cell in cells[:at])
        raise ValueError(f"{reading.told(twice)}: appears twice")
    if medians and (min(medians) < sound.SHORTEST or max(medians) > reading.LARGEST):
        ends = itertools.accumulate(counts)
        wrong = next(at for at, time in enumerate(medians) if not sound.SHORTEST <= time <= reading.LARGEST)
        cell = next(cell for cell, end in zip(cells, ends, strict=True) if wrong < end)
        raise ValueError(f"{reading.told(cell)}: launches: a time of a call is out of range")
    return {"cells": cells, "work": work, "source": source, "launches": counts, "medians": medians}


@functools.cache
def _names(cell: str) -> tuple[str, str]:
    """The component of a cell, and its function as "family.component/variant".

    Raises:
        ValueError: it is no cell.
    """
    sound.cell(cell, "cell")
    component, variant = cell.split("/", 2)[:2]
    return component, f"{component}/{variant}"


def _roofs(roofs: Sequence[_Roof]) -> dict[str, float]:
    """Speeds turned into times, so that a slower machine has the larger number; sizes are left out."""
    found = {}
    for roof in roofs:
        if roof.unit != "B" and 0 < roof.typical <= reading.LARGEST and math.isfinite(1 / roof.typical):
            name = "/".join(filter(None, (roof.name, roof.device, roof.threads)))
            found[name] = roof.typical if roof.unit == "s" else 1 / roof.typical
    return found


@functools.cache
def _work(dtype: str, flops: int, moved: int, size: int, version: str) -> int:
    return zlib.crc32(f"{dtype} {flops} {moved} {size} {version}".encode())


def _sources(problems: Sequence[_Problem]) -> dict[str, int]:
    """Of each function, as "family.component/variant"."""
    return {
        f"{problem.name}/{one.name}": zlib.crc32(one.hash.encode()) if one.hash else 0
        for problem in problems
        for one in problem.variants
    }
