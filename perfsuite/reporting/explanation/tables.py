"""The tables of an explanation's page."""

from __future__ import annotations

from collections.abc import Sequence

from perfsuite.explaining.explanation import Explanation
from perfsuite.explaining.reasons.words import count
from perfsuite.reporting import units
from perfsuite.reporting.explanation import wording
from perfsuite.reporting.html.blocks import Block, Cell, Column, Details, Facts, Row, Section, Table, prose

ROWS = 30  # of a table
KEPT = 0.01  # of the slower side's time: smaller differences are left out
NO_TIME = "Counts by callgrind, which repeat to about 0.1 %; they say nothing about time."
FOUND = {
    "reason": "the reason",
    "also": "also",
    "small": "too small",
    "contradicts": "does not fit",
    "covered": "follows",
}


def numbers(found: Explanation) -> tuple[tuple[str, str], ...]:
    """The figures in the head of the page."""
    a, b = found.names
    return (
        (f"{b} over {a}", units.times(found.times.ratio.value)),
        (f"a call of {a}", units.time(found.times.a)),
        (f"a call of {b}", units.time(found.times.b)),
        ("reason", found.verdict.kind),
    )


def figures(found: Explanation) -> Section:
    """The evidence side by side."""
    columns = (
        Column("Evidence of a call"),
        *_sides(found),
        Column("Difference", True, f"{found.names[1]} minus {found.names[0]}"),
    )
    differing: list[Row] = []
    alike: list[Row] = []
    for line in wording.figures(found):
        row = Row((Cell(line.name, small=line.hint), Cell(line.a), Cell(line.b), Cell(line.difference)))
        (differing if line.difference else alike).append(row)
    caption = "Each pass ran in a process of its own, after the timing"
    blocks: list[Block] = [Table("evidence", caption, columns, tuple(differing))]
    if alike:
        same = Table("alike", "Looked at as well", columns, tuple(alike))
        blocks.append(Details(f"{len(alike)} figures that are alike or known of one side only", (same,)))
    return Section("evidence", "Evidence", tuple(blocks))


def rest(found: Explanation) -> list[Section]:
    """Reasons that were considered, operators, frames, functions, and what is missing."""
    made = [_reasons(found), _operators(found), _frames(found), _functions(found), _missing(found)]
    return [section for section in made if section]


def _sides(found: Explanation, hint: str = "") -> tuple[Column, Column]:
    return Column(found.names[0], True, hint), Column(found.names[1], True, hint)


def _reasons(found: Explanation) -> Section | None:
    columns = (
        Column("Reason"),
        Column("Finding"),
        Column("Share of the difference", True, "An estimate: units times what one costs here, or self time"),
        Column("Evidence", wide=True),
    )
    rows = tuple(
        Row(
            (
                Cell(one.reason.kind),
                Cell(FOUND[one.role]),
                Cell(units.percent(one.share) if one.share is not None else "not known", one.share),
                Cell(one.reason.text),
            ),
            best=one.role == "reason",
        )
        for one in found.verdict.judged
    )
    if not rows:
        return None
    table = Table("reasons", "Every rule that found the slower side to have more of a cost", columns, rows)
    return Section("reasons", "Reasons considered", (table,))


def _operators(found: Explanation) -> Section | None:
    rows = [row for row in wording.operators(found) if max(row[1:3]) > KEPT * max(found.times.a, found.times.b)]
    if not rows:
        return None
    a, b = found.names
    columns = (
        Column("Operator"),
        *_sides(found, "Self time in the profiler's trace, scaled to the time of a call"),
        Column("Difference", True),
        Column(f"Calls, {a}", True),
        Column(f"Calls, {b}", True),
    )
    made = tuple(
        Row((Cell(name, mono=True), *_times(one, other), Cell(count(calls[0])), Cell(count(calls[1]))))
        for name, one, other, *calls in rows[:ROWS]
    )
    table = Table("operators", "Operators by self time, the largest difference first", columns, made)
    return Section("operators", "Operators", (table,))


def _frames(found: Explanation) -> Section | None:
    rows = [row for row in wording.frames(found) if max(row[3:5]) > KEPT * max(found.times.a, found.times.b)]
    if not rows:
        return None
    columns = (
        Column("Frame"),
        *_sides(found, "Time in the frame itself, by samples"),
        Column("Difference", True),
        Column(f"With callees, {found.names[0]}", True),
        Column(f"With callees, {found.names[1]}", True),
    )
    made = tuple(
        Row((Cell(name, mono=True), *_times(one, other), Cell(units.time(whole[0])), Cell(units.time(whole[1]))))
        for name, one, other, *whole in rows[:ROWS]
    )
    caption = f"Frames by {found.a.by}, the largest difference of self time first"
    return Section("frames", "Frames", (Table("frames", caption, columns, made),))


def _times(a: float, b: float) -> Sequence[Cell]:
    sign = "+" if b >= a else "−"
    tone = "bad" if b > a else "best" if b < a else ""
    return Cell(units.time(a), a), Cell(units.time(b), b), Cell(f"{sign}{units.time(abs(b - a))}", b - a, tone=tone)


def _functions(found: Explanation) -> Section | None:
    rows = wording.functions(found)
    if not rows:
        return None
    columns = (Column("Function"), *_sides(found, "Instructions of a call"), Column("Difference", True))
    made = tuple(Row((Cell(name[:120], mono=True), *_counts(a, b))) for name, a, b in rows[:ROWS])
    caption = "Instructions by function, the largest difference first"
    last = Row((Cell("all functions"), *_counts(*wording.instructions(found))))
    table = Table("functions", caption, columns, made, last=last)
    return Section("functions", "Instructions", (prose(NO_TIME, tone="note"), table))


def _counts(a: int, b: int) -> Sequence[Cell]:
    return Cell(count(a), a), Cell(count(b), b), Cell(f"{b - a:+,}", b - a)


def _missing(found: Explanation) -> Section | None:
    missing = wording.missing(found)
    prices = found.prices
    priced = [
        (name, units.time(value))
        for name, value in (
            ("an operator on one element", prices.dispatch),
            ("a view", prices.view),
            ("fetching a value into Python", prices.sync),
            ("a page fault", prices.fault),
            ("a Python instruction", prices.instruction),
        )
        if value is not None
    ]
    blocks = [Facts(tuple(priced))] if priced else []
    if missing:
        blocks = [*blocks, Facts(tuple((f"no {name}", reason) for name, reason in missing.items()), wide=True)]
    return Section("prices", "What things cost here", tuple(blocks)) if blocks else None
