"""The record of a comparison: a journal of epochs, from which every verdict can be derived again.

One JSON line for each result, written at once, so that Ctrl-C and SIGKILL lose only what was running.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from perfsuite.judging.record import DECIDED, GATES, VERDICTS, Options
from perfsuite.model.shard import Shard
from perfsuite.pairing.sequential import Judge, Rule
from perfsuite.records import jsonl, reading, sound

SCHEMA = 1  # 1 (2026-11): first


@dataclass
class Found:
    """The contents of the journal, and the state derived from them."""

    head: dict[str, Any]
    proofs: dict[str, dict[str, Any]] = field(default_factory=dict)
    xs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    judges: dict[str, Judge] = field(default_factory=dict)
    faults: dict[str, tuple[str, str]] = field(default_factory=dict)
    controls: dict[int, list[float]] = field(default_factory=dict)  # of each shard; 0: there are none
    owners: dict[str, int] = field(default_factory=dict)  # cell -> the shard that it was compared in
    starts: dict[str, float] = field(default_factory=dict)  # cell -> its share of the workers' starts
    epochs: int = 0
    seconds: float = 0.0
    ended: bool = False
    rule: Rule | None = None
    found_apart: str = ""  # why the trees turned out not to share a process
    shard: int = 0  # that the next lines come from, in a merged comparison

    @property
    def apart(self) -> str:
        """Why each tree has a process of its own; "" if they share one."""
        return self.found_apart or str(self.head.get("apart", ""))

    @property
    def options(self) -> Options:
        """The options of the comparison."""
        data = self.head["options"]
        return Options(**{**data, "cells": tuple(data["cells"]), "orders": tuple(data["orders"])})

    @property
    def shards(self) -> int:
        """How many shards the whole comparison has."""
        mine = self.head.get("shard")
        return int(mine["count"]) if mine else len(self.head.get("shards", ())) or 1

    def add(self, line: Mapping[str, Any]) -> None:
        """Add one line of the journal."""
        cell = line.get("cell", "")
        match line["kind"]:
            case "proof":
                self.proofs[cell] = dict(line)
                self.owners[cell] = self.shard
            case "rule":
                self.rule = Rule(**line["rule"])
            case "epoch":
                self.epochs += 1
            case "start":
                for name in line["cells"]:
                    self.starts[name] = self.starts.get(name, 0.0) + line["seconds"] / len(line["cells"])
            case "x":
                if self.rule is None:
                    raise ValueError("kind: an x before the rule that judges it")
                self.xs.setdefault(cell, []).append(dict(line))
                self.judges.setdefault(cell, Judge(self.rule)).add(line["x"])
            case "apart":
                self.found_apart = line["reason"]
            case "control":
                self.controls.setdefault(self.shard, []).append(line["x"])
            case "shard":
                self.shard = line["number"]
            case "fault":
                self.faults[cell] = (line["status"], line["reason"])
            case "sitting":
                self.seconds += line["seconds"]
                self.ended = line["ended"]

    def comparable(self) -> list[str]:
        """The cells that run on both sides."""
        return [cell for cell, proof in self.proofs.items() if not proof["verdict"]]

    def open(self) -> list[str]:
        """The cells that are not decided yet."""
        return [cell for cell in self.comparable() if cell not in self.faults and not self._decided(cell)]

    def _decided(self, cell: str) -> bool:
        return cell in self.judges and self.judges[cell].finding.verdict in DECIDED


Journal = jsonl.Journal[Found]


# -- validation of the file, which may come from anywhere --------------------------------------------------------------


class _Side(TypedDict):
    label: str
    commit: str
    path: str
    hash: str
    requirements: NotRequired[tuple[str, ...]]
    python: NotRequired[str]
    packages: NotRequired[tuple[str, ...]]


class _Head(TypedDict):
    kind: str
    run: str
    started: str
    began: float  # ``time.time()``
    schema: int
    options: Options
    base: _Side
    head: _Side
    folder: str
    apart: NotRequired[str]
    machine: dict[str, Any]
    machine_class: str
    malloc: dict[str, str]
    shard: NotRequired[Shard]  # that this is
    shards: NotRequired[tuple[Shard, ...]]  # that this was merged from


class _Proof(TypedDict):
    kind: str
    cell: str
    verdict: str  # "" where the cell runs on both sides
    reason: str
    counts: NotRequired[dict[str, dict[str, int | None]]]
    call: NotRequired[float]
    seconds: NotRequired[float]


class _Rule(TypedDict):
    kind: str
    rule: Rule


class _Epoch(TypedDict):
    kind: str
    number: int
    order: tuple[str, ...]
    mount: int
    hash: int
    padding: int
    seed: int
    first: int


class _Start(TypedDict):
    kind: str
    cells: tuple[str, ...]
    seconds: float


class _X(TypedDict):
    kind: str
    cell: str
    epoch: int
    x: float
    blocks: tuple[float, ...]
    calls: tuple[int, ...]
    base: float
    truth: float
    seconds: float


class _Control(TypedDict):
    kind: str
    cell: str
    x: float


class _Apart(TypedDict):
    kind: str
    reason: str


class _Fault(TypedDict):
    kind: str
    cell: str
    status: str
    reason: str


class _Part(TypedDict):
    kind: str
    number: int


class _Sitting(TypedDict):
    kind: str
    seconds: float
    ended: bool


KINDS = {
    "compare": _Head,
    "proof": _Proof,
    "rule": _Rule,
    "epoch": _Epoch,
    "start": _Start,
    "x": _X,
    "control": _Control,
    "apart": _Apart,
    "fault": _Fault,
    "shard": _Part,
    "sitting": _Sitting,
}


def begin(results: Path, options: Options, facts: Mapping[str, Any]) -> Journal:
    """Start the journal of a new comparison, or of a shard of one."""
    head = {"schema": SCHEMA, "options": dataclasses.asdict(options), **facts}
    return Journal.begin(_folder(results, "shard" in facts), Found, "compare", head)


def resume(results: Path, run: str = "", shard: tuple[int, int] | None = None) -> Journal:
    """Open the journal of an unfinished comparison, by default the newest, or of a ``shard``, number and count.

    Raises:
        ValueError: there is no such comparison, it is another shard, or it is complete.
    """
    journal = Journal.resume(_folder(results, bool(shard)), load, "comparison", run)
    if shard:
        mine = journal.found.head.get("shard", {})
        if (mine.get("number"), mine.get("count")) != shard:
            journal.close()
            told = f"shard {mine.get('number')} of {mine.get('count')}"
            raise ValueError(f"comparison {journal.found.head['run']} is {told}: resume it with these numbers")
    return journal


def _folder(results: Path, shard: bool) -> Path:
    """Where journals are. Those of shards are apart, so that no part of a comparison is taken for a whole one."""
    return results / "compare" / "shards" if shard else results / "compare"


def load(path: Path) -> Found:
    """Read and validate a journal.

    Raises:
        ValueError: it is damaged other than at its end, or has another schema.
    """
    return jsonl.load(path, Found, KINDS, _check, SCHEMA)


def _check(line: Mapping[str, Any]) -> None:
    """Check what the types of a line do not express."""
    if "cell" in line:
        sound.cell(line["cell"], "cell")
    if "seconds" in line:
        sound.at_least(0, line["seconds"], "seconds")
    if "x" in line and abs(line["x"]) > sound.LOG:
        raise ValueError(f"x: {line['x']:g} is not the logarithm of a ratio of times")
    match line["kind"]:
        case "compare":
            sound.origin({**line, "commit": ""})
            options = reading.value(line["options"], Options)
            for at, name in enumerate(options.cells):
                sound.cell(name, f"options.cells[{at}]")
            sound.one_of(GATES, options.gate, "options.gate")
            Rule(1, options.alpha, options.delta)
            for at, part in enumerate((*filter(None, [line.get("shard")]), *line.get("shards", ()))):
                sound.shard(reading.value(part, Shard), f"shards[{at}]")
        case "proof":
            sound.one_of(("", "skipped", *VERDICTS), line["verdict"], "verdict")
            if not line["verdict"] and "call" not in line:
                raise ValueError("call: is missing")
        case "rule":
            Rule(**line["rule"])
        case "start" if not line["cells"]:
            raise ValueError("cells: is empty")
        case "x":
            sound.at_least(sound.SHORTEST, line["base"], "base")
            if abs(line["truth"]) > sound.LOG:
                raise ValueError(f"truth: {line['truth']:g} is not the logarithm of a ratio of times")
        case "fault":
            sound.status(line["status"], "status")
