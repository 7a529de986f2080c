"""The wording of a comparison wherever it is shown: what was found, what it cost, and how often it errs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from perfsuite.judging.record import Comparison, Row, differ
from perfsuite.model.printable import REASON, cut, one_line, visible
from perfsuite.reporting import units

FOUND = ("SLOWER", "FASTER", "UNTRUSTED", "ERROR", "INCOMPARABLE")  # always shown, in this order
QUIET = ("UNDECIDED", "SAME")  # shown on request
NAMES = {
    "SLOWER": "slower",
    "FASTER": "faster",
    "SAME": "the same",
    "UNDECIDED": "undecided",
    "UNTRUSTED": "untrusted",
    "INCOMPARABLE": "not comparable",
    "ERROR": "failed",
}
LONGEST = 1000  # characters of one text


def shown(text: str) -> str:
    """``text`` on one line, safe to print, and cut to :data:`LONGEST` characters."""
    return cut(visible(text), LONGEST)


def change(ratio: float | None) -> str:
    """A ratio of times as a change: ``+10.3 %``; a factor from 10 up."""
    if ratio is None or not math.isfinite(ratio):
        return units.NONE
    if ratio >= 10:
        return f"{units.digits(ratio)}×"
    return f"{100 * (ratio - 1):+.1f} %"


def label(side: Mapping[str, Any]) -> str:
    """The name of a tree, cut and safe to print: the subject of a commit may have any length."""
    return visible(cut(side["label"], REASON))


def between(row: Row) -> str:
    """The interval of a change; an end is open while there are too few epochs to bound it."""
    if row.ratio is None:
        return ""
    low = change(row.low) if row.low is not None else "−∞"
    high = change(row.high) if row.high is not None else "∞"
    return f"{low} … {high}"


def headline(found: Comparison) -> str:
    """How many cells got each verdict, differences first."""
    if found.rows and found.untimed == len(found.rows):
        return "no code differs, apart from comments, docstrings and line numbers: nothing was timed"
    delta = f"{100 * found.options.delta:g} %"
    parts = []
    for verdict in ("SLOWER", "FASTER", "UNTRUSTED", "ERROR", "INCOMPARABLE", "SAME", "UNDECIDED"):
        if number := found.count(verdict) - (found.untimed if verdict == "SAME" else 0):
            within = f" within {delta}" if verdict == "SAME" else ""
            parts.append(f"{number} {NAMES[verdict]}{within}")
    if found.untimed:
        parts.append(f"{found.untimed} with the same code, not timed")
    return ", ".join(parts) or "nothing to compare"


def effort(found: Comparison) -> str:
    """What the comparison cost."""
    cells = f"{len(found.rows)} cell{'s' * (len(found.rows) != 1)}"
    if found.untimed == len(found.rows):
        return cells
    return f"{cells}, {found.epochs} epochs in fresh processes, {units.lasting(found.seconds)}"


def promise(found: Comparison) -> str:
    """How often the verdicts are wrong."""
    if found.rule is None:
        return ""
    rule = found.rule
    return (
        f"SLOWER: by more than {100 * rule.tolerance:g} %; at most {100 * rule.alpha:g} % of comparisons of"
        f" {rule.cells} unchanged cells report a false one. Intervals: each end is wrong in at most"
        f" {100 * rule.alpha_same:g} % of cases, whenever the comparison stopped."
    )


def why(row: Row) -> str:
    """What explains a difference, or its absence: the counts, which do not vary between calls."""
    if row.reason:
        return cut(row.reason, REASON)
    changed = ", ".join(
        f"{name} {_count(row.counts['base'][name])} → {_count(row.counts['head'][name])}" for name in differ(row.counts)
    )
    if row.verdict == "UNDECIDED":
        return f"{changed}; {_missing(row)}" if changed else _missing(row)
    if changed:
        return changed
    if row.verdict in ("SLOWER", "FASTER"):
        if any(value is not None for value in row.counts.get("base", {}).values()):
            return f"counts equal but {row.verdict.lower()}: layout or cache; confirm by comparing again"
        return "nothing to count"
    return ""


def _missing(row: Row) -> str:
    """Why there is no verdict yet."""
    if row.visible is None:
        return f"{row.epochs} epochs are too few for a verdict"
    return f"would have detected {change(1 + row.visible)}"


def _count(value: int | None) -> str:
    return units.NONE if value is None else f"{value:,}"


def ordered(found: Comparison, every: bool) -> list[Row]:
    """The rows to show: what was found, the largest change first; then the quiet ones if ``every``."""
    order = [*FOUND, *QUIET] if every else list(FOUND)
    rows = [row for row in found.rows if row.verdict in order]
    return sorted(rows, key=lambda row: (order.index(row.verdict), -abs(math.log(row.ratio)) if row.ratio else 0.0))


def warnings(found: Comparison) -> list[str]:
    """What makes this comparison another one than usual, a line each."""
    apart = [f"! each side ran in a process of its own, which is noisier: {visible(cut(found.apart, REASON))}"]
    return [*other_packages(found), *(apart if found.apart else [])]


def other_packages(found: Comparison) -> list[str]:
    """How the packages of the two trees differ, and which of them each side ran with; empty if they are the same."""
    base, head = set(found.base.get("requirements", ())), set(found.head.get("requirements", ()))
    if base == head:
        return []
    if "packages" in found.base:
        if not found.base["packages"] and not found.head["packages"]:
            return ["! the trees require different packages, but both resolve to the same ones and ran with those"]
        told = " against ".join(
            visible(cut(", ".join(side["packages"]) or "none", REASON)) for side in (found.base, found.head)
        )
        return [f"! the packages differ too ({told}): each side ran with its own, in its own process"]
    apart = (("BASE", base - head), ("HEAD", head - base))
    sides = "; ".join(f"only {name}: {', '.join(sorted(one))}" for name, one in apart if one)
    return [
        f"! the trees require different packages ({visible(cut(sides, REASON))}); both ran with those installed here"
    ]


def cells(row: Row) -> list[str]:
    """The texts of a row's columns."""
    return [
        row.verdict,
        change(row.ratio) if row.ratio else "",
        between(row),
        visible(cut(row.cell, REASON)),
        units.time(row.base) if row.base else "",
        str(row.epochs) if row.epochs else "",
        units.time(row.seconds) if row.epochs else "",
    ]


def skipped(found: Comparison) -> list[str]:
    """What was left out, a line for each reason."""
    reasons: dict[str, list[str]] = {}
    for cell, reason in found.skipped.items():
        reasons.setdefault(reason, []).append(cell)
    return [
        one_line(f"left out: {cells[0] if len(cells) == 1 else f'{len(cells)} cells'}: {cut(reason, REASON)}")
        for reason, cells in reasons.items()
    ]


def facts(found: Comparison) -> Mapping[str, str]:
    """The facts that a reader needs about the two sides and the verdicts."""
    return {
        "BASE": found.base["label"],
        "HEAD": found.head["label"],
        "Machine": str(found.machine.get("cpu") or found.machine_class),
        "Effort": effort(found),
        "Error rates": promise(found),
        "Repeat": found.options.command,
    }
