"""The options and the results of a comparison, as plain values."""

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
    """The options of a comparison: everything that is needed to resume it."""

    cells: tuple[str, ...]  # of either side
    selection: str
    command: str
    alpha: float = 0.01
    delta: float = 0.02
    gate: str = "slower"  # what makes the exit code 1: "slower", "any" difference, "none"
    budget: float = 0.0  # seconds in total; 0 is the default, which depends on the number of cells
    usual: bool = False  # whether the budget is the usual one, which is extended until a verdict is possible
    epochs: int = 60  # at most
    target: float = 3e-4  # seconds of a batch
    slice: float = 0.1  # seconds of batches of a cell in an epoch
    orders: tuple[str, ...] = ("ABBA", "BAAB")  # of a block, drawn at random; linear drift cancels
    malloc: bool = True  # whether the allocator's thresholds are fixed
    patience: int = 6  # epochs before a cell that needs too many may be given up
    longest: float = 0.2  # seconds; cells whose calls take longer are left out
    timeout: float = 300.0  # seconds that one step may take
    split: float = 0.0  # if not 0, the log ratio that is tested, see Rule
    installed: bool = False  # whether trees that require different packages both use the installed ones
    apart: bool = False  # whether each tree gets its own process, even if one could serve both
    equal: bool = False  # whether cells with the same code on both sides are timed too
    counts: bool = True  # operators, allocations and bytes of both sides
    instructions: bool = False  # Python's instructions too
    together: int = 0  # cells that the rule is for, at least: in a shard, those that all shards may time
    scales: Mapping[str, float] = field(default_factory=dict)  # for the calibration: cell -> injected slowdown


@dataclass(frozen=True)
class Row:
    """The result for one cell."""

    cell: str
    verdict: str  # one of VERDICTS
    reason: str = ""
    ratio: float | None = None  # HEAD's time over BASE's
    low: float | None = None  # its interval at the stop; None: no bound yet
    high: float | None = None
    epochs: int = 0
    seconds: float = 0.0  # of machine time, including its share of the workers' starts
    slower: float = 0.0  # log10 of the evidence that HEAD is slower by more than the tolerance
    faster: float = 0.0
    visible: float | None = None  # the smallest slowdown, as a ratio - 1, that this many epochs would have shown
    spread: float | None = None  # standard deviation of X over the epochs, robust
    base: float | None = None  # BASE's median seconds per call
    truth: float | None = None  # the log ratio that the calibration injected
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
    control: Mapping[str, float]  # log10 evidence of the live control, on each side
    rows: tuple[Row, ...]
    skipped: Mapping[str, str]  # cells that run on neither side here, or take too long -> the reason
    apart: str = ""  # why each side had a process of its own; "" if they shared one

    def count(self, verdict: str) -> int:
        """How many cells got ``verdict``."""
        return sum(row.verdict == verdict for row in self.rows)

    @property
    def untimed(self) -> int:
        """How many cells are SAME because their code is the same."""
        return sum(row.verdict == "SAME" and not row.epochs for row in self.rows)

    @property
    def exit_code(self) -> int:
        """0 ok, 1 gate failed, 3 a cell failed, 4 cells on one side only, 5 untrusted, 130 interrupted."""
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
