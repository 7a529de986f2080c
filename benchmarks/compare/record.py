"""What a comparison leaves behind: a journal of epochs, from which every verdict follows again.

One JSON line for each finding, written at once: Ctrl-C and SIGKILL lose only what was running.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from benchmarks import lines, reading, sound
from benchmarks.compare import sequential
from benchmarks.compare.sequential import Judge, Rule

SCHEMA = 1  # 1 (2026-11): first
DECIDED = ("SLOWER", "FASTER", "SAME")
VERDICTS = (*DECIDED, "UNDECIDED", "UNTRUSTED", "INCOMPARABLE", "ERROR")
GATES: Mapping[str, tuple[str, ...]] = {"slower": ("SLOWER",), "any": ("SLOWER", "FASTER"), "none": ()}
CONTROL = 0.005  # P(the live control fires although all is well), on either side


@dataclass(frozen=True)
class Options:
    """What was asked of a comparison. Everything that a resumed one needs to go on as before."""

    cells: tuple[str, ...]  # on either side
    selection: str
    command: str
    alpha: float = 0.01
    delta: float = 0.02
    gate: str = "slower"  # what makes the exit code 1: "slower", "any" difference, "none"
    budget: float = 0.0  # seconds for all; 0 is the usual, which depends on the number of cells
    epochs: int = 60  # at most
    target: float = 3e-4  # seconds of a batch
    slice: float = 0.1  # seconds of batches of a cell in an epoch
    orders: tuple[str, ...] = ("ABBA", "BAAB")  # of a block, drawn by coin: a drift that is linear in time cancels
    malloc: bool = True  # whether the allocator is kept in one state
    patience: int = 6  # epochs before a cell that needs too many may be given up
    longest: float = 0.2  # seconds; cells whose calls take longer are left out
    timeout: float = 300.0  # seconds that one step may take
    split: float = 0.0  # where set: the log ratio that is asked about, see Rule
    installed: bool = False  # whether trees that require different packages both get those that are here
    apart: bool = False  # whether either tree gets a process of its own, even if one could serve both
    equal: bool = False  # whether what has the same code on both sides is timed too
    counts: bool = True  # operators, allocations and bytes of both sides
    instructions: bool = False  # Python's instructions too
    scales: Mapping[str, float] = field(default_factory=dict)  # for the validation: cell -> slowdown that is put in


@dataclass(frozen=True)
class Row:
    """What is known of one cell."""

    cell: str
    verdict: str  # one of VERDICTS
    reason: str = ""
    ratio: float | None = None  # HEAD's time over BASE's
    low: float | None = None  # its interval at the stop; None: no bound yet
    high: float | None = None
    epochs: int = 0
    seconds: float = 0.0  # of machine time, its share of the workers' starts included
    slower: float = 0.0  # log10 of the evidence that HEAD is slower by more than the tolerance
    faster: float = 0.0
    visible: float | None = None  # the smallest slowdown, as a ratio - 1, that so many epochs would have shown
    spread: float | None = None  # standard deviation of X over the epochs, robust
    base: float | None = None  # BASE's median seconds per call
    truth: float | None = None  # the log ratio that the validation put in
    counts: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)  # "base", "head" -> name -> count
    xs: tuple[float, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """A comparison, finished or not."""

    run: str
    started: str
    seconds: float
    partial: bool  # it was interrupted
    base: Mapping[str, Any]  # label, commit, hash
    head: Mapping[str, Any]
    options: Options
    rule: Rule | None  # None: nothing was comparable
    machine: Mapping[str, Any]
    machine_class: str
    epochs: int
    control: Mapping[str, float]  # log10 evidence of the live control, on either side
    rows: tuple[Row, ...]
    skipped: Mapping[str, str]  # cells that run here on neither side, or take too long: why

    def count(self, verdict: str) -> int:
        """How many cells got ``verdict``."""
        return sum(row.verdict == verdict for row in self.rows)

    @property
    def untimed(self) -> int:
        """How many cells are SAME because their code is."""
        return sum(row.verdict == "SAME" and not row.epochs for row in self.rows)

    @property
    def exit_code(self) -> int:
        """0 ok, 1 the gate, 3 a cell failed, 4 cells on one side only, 5 untrusted, 130 interrupted."""
        gates = GATES[self.options.gate]
        if self.partial:
            return 130
        found = {row.verdict for row in self.rows}
        if "UNTRUSTED" in found:
            return 5
        if found & set(gates):
            return 1
        if "ERROR" in found:
            return 3
        return 4 if "INCOMPARABLE" in found or not self.rows else 0


@dataclass
class Found:
    """What the journal holds, and what follows for what comes next."""

    head: dict[str, Any]
    proofs: dict[str, dict[str, Any]] = field(default_factory=dict)
    xs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    judges: dict[str, Judge] = field(default_factory=dict)
    faults: dict[str, tuple[str, str]] = field(default_factory=dict)
    control: list[float] = field(default_factory=list)
    starts: dict[str, float] = field(default_factory=dict)  # cell -> its share of the workers' starts
    epochs: int = 0
    seconds: float = 0.0
    ended: bool = False
    rule: Rule | None = None

    @property
    def options(self) -> Options:
        """What was asked."""
        data = self.head["options"]
        return Options(**{**data, "cells": tuple(data["cells"]), "orders": tuple(data["orders"])})

    def add(self, line: Mapping[str, Any]) -> None:
        """Take in one line of the journal."""
        cell = line.get("cell", "")
        match line["kind"]:
            case "proof":
                self.proofs[cell] = dict(line)
            case "rule":
                self.rule = Rule(**line["rule"])
            case "epoch":
                self.epochs += 1
            case "start":
                for name in line["cells"]:
                    self.starts[name] = self.starts.get(name, 0.0) + line["seconds"] / len(line["cells"])
            case "x":
                if self.rule is None:
                    raise ValueError("kind: an x before the rule that it is judged by")
                self.xs.setdefault(cell, []).append(dict(line))
                self.judges.setdefault(cell, Judge(self.rule)).add(line["x"])
            case "control":
                self.control.append(line["x"])
            case "fault":
                self.faults[cell] = (line["status"], line["reason"])
            case "sitting":
                self.seconds += line["seconds"]
                self.ended = line["ended"]

    def comparable(self) -> list[str]:
        """The cells that run on both sides."""
        return [cell for cell, proof in self.proofs.items() if not proof["verdict"]]

    def open(self) -> list[str]:
        """The cells that are not decided."""
        return [cell for cell in self.comparable() if cell not in self.faults and not self._decided(cell)]

    def _decided(self, cell: str) -> bool:
        return cell in self.judges and self.judges[cell].finding.verdict in DECIDED


Journal = lines.Journal[Found]


# -- the file, as others may have written it ---------------------------------------------------------------------------


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
    machine: dict[str, Any]
    machine_class: str
    malloc: dict[str, str]


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


class _Fault(TypedDict):
    kind: str
    cell: str
    status: str
    reason: str


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
    "fault": _Fault,
    "sitting": _Sitting,
}


def begin(results: Path, options: Options, facts: Mapping[str, Any]) -> Journal:
    """Start the journal of a new comparison."""
    head = {"schema": SCHEMA, "options": dataclasses.asdict(options), **facts}
    return Journal.begin(results / "compare", Found, "compare", head)


def resume(results: Path, run: str = "") -> Journal:
    """Open the journal of a comparison that did not end, by default the newest.

    Raises:
        ValueError: there is no such comparison, or it is complete.
    """
    return Journal.resume(results / "compare", load, "comparison", run)


def load(path: Path) -> Found:
    """Read a journal, whoever wrote it.

    Raises:
        ValueError: it is damaged elsewhere than at its end, or of another schema.
    """
    return lines.load(path, Found, KINDS, _check, SCHEMA)


def _check(line: Mapping[str, Any]) -> None:
    """What the types of a line do not say."""
    if "cell" in line:
        sound.cell(line["cell"], "cell")
    if "seconds" in line:
        sound.at_least(0, line["seconds"], "seconds")
    if "x" in line and abs(line["x"]) > sound.LOG:
        raise ValueError(f"x: {line['x']:g} is no logarithm of a ratio of times")
    match line["kind"]:
        case "compare":
            sound.origin({**line, "commit": ""})
            options = reading.value(line["options"], Options)
            for at, name in enumerate(options.cells):
                sound.cell(name, f"options.cells[{at}]")
            sound.one_of(GATES, options.gate, "options.gate")
            Rule(1, options.alpha, options.delta)
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
                raise ValueError(f"truth: {line['truth']:g} is no logarithm of a ratio of times")
        case "fault":
            sound.status(line["status"], "status")


def latest(results: Path) -> Path:
    """The newest comparison.

    Raises:
        FileNotFoundError: there is none.
    """
    paths = sorted((results / "compare").glob("*.jsonl"))
    if not paths:
        raise FileNotFoundError(f"no comparison in {results / 'compare'}: run `python -m benchmarks compare` first")
    return paths[-1]


def since(results: Path, found: Comparison) -> list[Comparison]:
    """The stored comparisons with the same BASE on the same kind of machine, ``found`` included, oldest first.

    One that is damaged is passed over: it is not what was asked about.
    """
    stored = []
    for path in sorted((results / "compare").glob("*.jsonl")):
        with contextlib.suppress(ValueError):
            stored.append(fold(load(path)))
    return [
        one
        for one in stored
        if one.base["hash"] == found.base["hash"] and one.machine_class == found.machine_class and not one.partial
    ]


def fold(found: Found) -> Comparison:
    """All that the journal holds as a :class:`Comparison`."""
    head = found.head
    judged = {cell: found.judges[cell].finding for cell in found.judges}
    names = list(judged)
    alpha = found.options.alpha
    # What the gate's bar left open, the list may still hold together (e-BH).
    slower = {names[index] for index in sequential.listed([judged[name].slower for name in names], alpha)}
    faster = {names[index] for index in sequential.listed([judged[name].faster for name in names], alpha)}
    control = {
        side: sequential.evidence(found.control, 0.0, above=side == "slower") / math.log(10)
        for side in ("slower", "faster")
    }
    fired = max(control.values()) >= -math.log10(CONTROL)
    rows = []
    for cell, proof in found.proofs.items():
        if proof["verdict"] == "skipped":
            continue
        row = _row(cell, found, proof)
        if row.verdict == "UNDECIDED" and (cell in slower) != (cell in faster):
            verdict = "SLOWER" if cell in slower else "FASTER"
            row = dataclasses.replace(row, verdict=verdict, reason="listed together with the others (e-BH)")
        if fired and not proof["verdict"] and row.verdict in (*DECIDED, "UNDECIDED"):
            row = dataclasses.replace(row, verdict="UNTRUSTED", reason="BASE differs from its own copy in this session")
        rows.append(row)
    return Comparison(
        run=head["run"],
        started=head["started"],
        seconds=found.seconds,
        partial=not found.ended,
        base=head["base"],
        head=head["head"],
        options=found.options,
        rule=found.rule,
        machine=head["machine"],
        machine_class=head["machine_class"],
        epochs=found.epochs,
        control=control,
        rows=tuple(rows),
        skipped={cell: proof["reason"] for cell, proof in found.proofs.items() if proof["verdict"] == "skipped"},
    )


def _row(cell: str, found: Found, proof: Mapping[str, Any]) -> Row:
    counts = proof.get("counts", {})
    if proof["verdict"]:
        return Row(cell, proof["verdict"], proof["reason"], counts=counts, seconds=proof.get("seconds", 0.0))
    lines = found.xs.get(cell, [])
    xs = [line["x"] for line in lines]
    seconds = proof.get("seconds", 0.0) + sum(line["seconds"] for line in lines) + found.starts.get(cell, 0.0)
    if cell in found.faults:
        status, reason = found.faults[cell]
        return Row(cell, "ERROR", f"{status}: {reason}", epochs=len(xs), seconds=seconds, counts=counts)
    if not xs:
        return Row(cell, "UNDECIDED", "not measured", seconds=seconds, counts=counts)
    rule, judge = found.judges[cell].rule, found.judges[cell]
    low, high = sequential.interval(xs, rule.alpha_same)
    visible = sequential.visible(xs, rule)
    centre = statistics.median(xs)
    return Row(
        cell=cell,
        verdict=judge.finding.verdict,
        ratio=math.exp(sequential.middle(xs)),
        low=_finite(low),
        high=_finite(high),
        epochs=len(xs),
        seconds=seconds,
        slower=judge.finding.slower / math.log(10),
        faster=judge.finding.faster / math.log(10),
        visible=math.expm1(visible) if math.isfinite(visible) else None,
        spread=1.4826 * statistics.median(abs(x - centre) for x in xs),
        base=statistics.median(line["base"] for line in lines),
        truth=statistics.median(line["truth"] for line in lines),
        counts=counts,
        xs=tuple(xs),
    )


def _finite(log: float) -> float | None:
    return math.exp(log) if math.isfinite(log) else None


def differ(counts: Mapping[str, Mapping[str, int | None]]) -> Sequence[str]:
    """The names of the counts that are known on both sides and differ."""
    base, head = counts.get("base", {}), counts.get("head", {})
    return [name for name in base if None not in (base[name], head.get(name)) and base[name] != head.get(name)]
