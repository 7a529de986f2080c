"""What is asked of a comparison, and what it says: plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perfsuite.pairing.sequential import Rule

DECIDED = ("SLOWER", "FASTER", "SAME")
VERDICTS = (*DECIDED, "UNDECIDED", "UNTRUSTED", "INCOMPARABLE", "ERROR")
GATES: Mapping[str, tuple[str, ...]] = {"slower": ("SLOWER",), "any": ("SLOWER", "FASTER"), "none": ()}


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


def differ(counts: Mapping[str, Mapping[str, int | None]]) -> Sequence[str]:
    """The names of the counts that are known on both sides and differ."""
    base, head = counts.get("base", {}), counts.get("head", {})
    return [name for name in base if None not in (base[name], head.get(name)) and base[name] != head.get(name)]
