"""The evidence of both sides as rows of text, the same in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from perfsuite.explaining import stacks
from perfsuite.explaining.explanation import Explanation
from perfsuite.explaining.reasons.words import count
from perfsuite.reporting import units


@dataclass(frozen=True)
class Line:
    """One figure of both sides."""

    name: str
    a: str
    b: str
    difference: str  # B minus A; "" where one is unknown or both are shown alike
    hint: str = ""


Show = Callable[[float | None], str]


def _share(value: float | None) -> str:
    return units.NONE if value is None else "0 %" if not value else units.percent(value)


def _cores(value: float | None) -> str:
    return units.digits(value, 2)


FIGURES: Sequence[tuple[str, str, Show, str]] = (
    ("time", "seconds", units.time, "Median time of a call, from the timing"),
    ("operators", "operators", count, "Operators dispatched in a call, without views"),
    ("views", "views", count, "Operators that only make another view of the same memory"),
    ("bytes moved", "moved", units.size, "Bytes that the operators read and write"),
    ("copied", "copied", units.size, "Bytes of these that copies read and write"),
    ("strided reads", "strided", units.size, "Bytes read with gaps, or in another order than the result is written"),
    ("upcasts", "wide", count, "Operators in a floating dtype wider than that of every input"),
    ("subnormal numbers", "subnormal", _share, "Share of subnormal numbers in what the operators read and write"),
    ("synchronisations", "syncs", count, "Times that a value was fetched into Python"),
    ("Python instructions", "instructions", count, "Bytecode instructions in a call"),
    ("allocations", "allocations", count, "Allocations in a call"),
    ("peak", "peak", units.size, "The most memory that a call held at once beyond what was held before"),
    ("temporaries", "temporary", units.size, "Memory held at the peak beyond the result"),
    ("compiled graphs", "graphs", count, "Graphs that the first calls compiled"),
    ("graph breaks", "breaks", count, "Places where the compiler had to split a graph"),
    ("compiled kernels", "kernels", count, "Kernels that the compiler generated"),
    ("recompiles", "recompiled", count, "Graphs that a warm call compiles again"),
    ("kernels launched", "launched", count, "Kernels launched on the device"),
    ("CPU time", "cpu", units.time, "CPU time of all threads in a call, from the system"),
    ("CPU time in the kernel", "system", units.time, "The part of it that the system needs for itself"),
    ("cores busy", "parallel", _cores, "CPU time over wall time"),
    ("page faults", "faults", count, "Pages that had to be fetched or cleared in a call"),
    ("context switches", "switches", count, "Times that a thread had to give up its core"),
    ("CPU instructions", "cpu_instructions", count, "Instructions that the processor executed for the program itself"),
    ("CPU cycles", "cycles", count, "Cycles of all cores in the program itself"),
    ("cache misses", "cache_misses", count, "Reads and writes that no cache could answer"),
    ("branch misses", "branch_misses", count, "Branches that the processor predicted wrongly"),
    ("run delay", "waited", units.time, "Time that the calling thread waited for a core"),
)


def figures(found: Explanation) -> list[Line]:
    """All figures that at least one side has."""
    rows = []
    for name, field, show, hint in FIGURES:
        a, b = (getattr(side.evidence, field) for side in (found.a, found.b))
        if a is not None or b is not None:
            rows.append(Line(name, show(a), show(b), _difference(a, b, show), hint))
    return rows


def notable(found: Explanation) -> list[Line]:
    """The figures that differ by more than a twentieth."""
    rows = []
    for line, (a, b) in zip(figures(found), _values(found), strict=True):
        if a is not None and b is not None and abs(a - b) > 0.05 * max(abs(a), abs(b)):
            rows.append(line)
    return rows


def _values(found: Explanation) -> list[tuple[Any, Any]]:
    pairs = [(getattr(found.a.evidence, field), getattr(found.b.evidence, field)) for _, field, _, _ in FIGURES]
    return [pair for pair in pairs if pair != (None, None)]


def _difference(a: Any, b: Any, show: Show) -> str:
    if a is None or b is None or show(a) == show(b):
        return ""
    return f"{'+' if b > a else '−'}{show(abs(b - a))}"


def operators(found: Explanation) -> list[tuple[str, float, float, float, float]]:
    """``(name, seconds of A, of B, calls of A, of B)`` of each operator in a trace, the largest difference first."""
    sides = [{row.name: row for row in side.evidence.rows} for side in (found.a, found.b)]
    rows = []
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        times = [side.evidence.self_time((name,)) or 0.0 for side in (found.a, found.b)]
        calls = [rows_[name].calls if name in rows_ else 0.0 for rows_ in sides]
        rows.append((name, times[0], times[1], calls[0], calls[1]))
    return sorted(rows, key=lambda row: -abs(row[2] - row[1]))


def frames(found: Explanation) -> list[tuple[str, float, float, float, float]]:
    """``(frame, seconds of A in it alone, of B, of A with all that it calls, of B)``, the largest difference first."""
    a, b = (stacks.by_frame(side) for side in found.stacks)
    none = (0.0, 0.0)
    rows = [
        (name, a.get(name, none)[0], b.get(name, none)[0], a.get(name, none)[1], b.get(name, none)[1])
        for name in dict.fromkeys([*a, *b])
    ]
    return sorted(rows, key=lambda row: -abs(row[2] - row[1]))


def functions(found: Explanation) -> list[tuple[str, int, int]]:
    """``(function, instructions of A, of B)``, the largest difference first; empty unless both sides were counted."""
    a, b = found.a.functions, found.b.functions
    if not a or not b:
        return []
    rows = [(name, a.get(name, 0), b.get(name, 0)) for name in dict.fromkeys([*a, *b])]
    return sorted(rows, key=lambda row: -abs(row[2] - row[1]))


def instructions(found: Explanation) -> tuple[int, int]:
    """Instructions of a call of A and of B in all functions."""
    return sum(found.a.functions.values()), sum(found.b.functions.values())


def ratio(found: Explanation) -> str:
    """B's time over A's, with its interval: ``1.23× (1.20 to 1.26)``."""
    told = found.times.ratio
    return f"{units.times(told.value)} ({units.digits(told.low)} to {units.digits(told.high)})"


def missing(found: Explanation) -> dict[str, str]:
    """Passes that gave nothing, with the reason; by side where they differ."""
    a, b = found.a.evidence.missing, found.b.evidence.missing
    told = {name: reason for name, reason in a.items() if b.get(name) == reason}
    for side, one in zip(found.names, (a, b), strict=True):
        told |= {f"{name} of {side}": reason for name, reason in one.items() if name not in told}
    return told


def sides(found: Explanation) -> tuple[str, str]:
    """What the sides are, in full."""
    if found.question.commits:
        return found.times.labels
    return found.question.a, found.question.b
