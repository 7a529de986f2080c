"""The wording of what changed between two records, the same in the terminal and on the pages."""

from __future__ import annotations

import math
from collections.abc import Sequence

from perfsuite.model.printable import REASON, cut, visible
from perfsuite.model.record import Record, Run
from perfsuite.reporting import units
from perfsuite.reporting.changes.drift import SHARE, Controls
from perfsuite.reporting.changes.facts import Difference
from perfsuite.reporting.changes.found import VERDICTS, Change, Changes
from perfsuite.reporting.comparison.wording import change

LONGEST = 120  # characters of one fact
NOTHING = "No recorded fact of the machine or the environment differs."


def label(run: Run) -> str:
    """A run on one line: its id, when it began, its commit and its selection."""
    commit = run.commit[:10] + " with changes" * run.dirty if run.commit else "no commit"
    parts = (run.run, run.started[:16].replace("T", " "), commit, run.selection)
    return visible(" · ".join(cut(part, REASON) for part in parts if part))


def headline(found: Changes) -> str:
    """How many cells have each verdict."""
    counts = [f"{found.count(verdict):,} {verdict}" for verdict in VERDICTS[:3]]
    other = found.count("other work")
    counts += [f"{other:,} with other work"] if other else []
    cells = f"{len(found.rows):,} cell{'s' * (len(found.rows) != 1)} that both timed"
    return f"{', '.join(counts)} of {cells}"


def facts(found: Changes) -> tuple[Difference, ...]:
    """The differences of the machine and the environment, cut and safe to print."""

    def short(text: str) -> str:
        return visible(cut(text, LONGEST)) or units.NONE

    both = (*found.machine, *found.environment)
    return tuple(Difference(short(one.name), short(one.old), short(one.new)) for one in both)


def warnings(found: Changes) -> list[str]:
    """What a reader must know before any number."""
    lines = []
    if found.swapped:
        lines.append("OLD was measured after NEW: a cell that is called slower is so in the earlier run")
    for name, run in (("OLD", found.old), ("NEW", found.new)):
        if run.partial:
            lines.append(f"{name} was interrupted: it has only what was measured until then")
    if found.environment:
        lines.append(
            "The environment differs: a change may come from that alone, and no cell can be a control of the machine"
        )
    if found.old.tree == found.new.tree:
        lines.append("The code of both is the same: a change comes from the machine or the environment")
    return lines


def drift(found: Changes) -> list[str]:
    """How far the machine moved, and what follows for a change."""
    lines = []
    if found.roofs:
        most = max(found.roofs, key=lambda one: max(one.longer, 1 / one.longer))
        at = f"{most.new.name}, {units.roof(most.old.typical, most.old.unit)}"
        lines.append(
            f"Roofs: the same work takes {units.span(one.longer for one in found.roofs)} as long in NEW; "
            f"the one that moved most: {visible(at)} → {units.roof(most.new.typical, most.new.unit)}"
        )
    else:
        lines.append("Roofs: the two runs measured none in common")
    lines += map(_controls, found.controls)
    if not found.controls:
        why = "the environment differs" if found.environment else "no cell has the same function in both"
        lines.append(f"Controls: none, because {why}")
    return [
        *lines,
        "The drift of a cell is how far its floor moved, or the controls if those moved farther: a change within it "
        "means nothing. No time is corrected by it",
    ]


def _controls(found: Controls) -> str:
    cells = f"{found.cells:,} cell{'s' * (found.cells != 1)}"
    within = f"{100 * SHARE:g} % of them" if found.cells >= 1 / (1 - SHARE) else "all of them"
    return (
        f"Controls, {visible(cut(found.device, REASON))}: {cells} whose function and environment are the same "
        f"take {units.times(found.middle)} as long in the median; {within} changed by at most {_size(found.most)}"
    )


def chance(found: Changes) -> str:
    """How many changes one expects where nothing changed."""
    judged = len(found.rows) - found.count("other work")
    if not judged:
        return ""
    told = found.count("slower") + found.count("faster")
    return (
        f"Intervals that exclude 1: {found.excluded:,} of {judged:,}, beyond the drift {told:,}. Without any change "
        f"one expects {units.digits(found.by_chance, 2)} ({units.percent(found.by_chance / judged)}) if launches are "
        "independent. Those of one run share a state of the machine, so expect more; hence the drift"
    )


def weaker(found: Changes) -> str:
    """Why this is not what ``compare`` finds, and how that is asked."""
    return (
        "Weaker than `compare`: the runs were made at different times, so a change of the machine between them looks "
        "like one of the code"
        + (f". It cannot confirm a change here: {found.unconfirmed}" if found.unconfirmed else "")
    )


def confidence(rows: Sequence[Change]) -> str:
    """What the intervals promise."""
    sure = [row.ratio.confidence for row in rows if row.ratio.confidence]
    if not sure:
        return ""
    least = math.floor(1000 * min(sure)) / 10  # rounded down, because it is a promise
    return f"Each interval covers the ratio of the medians with a confidence of at least {least:g} %"


def interval(row: Change) -> str:
    """The interval of a change; empty if there was one launch."""
    return f"{change(row.ratio.low)} … {change(row.ratio.high)}" if row.ratio.confidence else ""


def drifted(row: Change) -> str:
    """The drift of a cell: ``14.0 %``."""
    return _size(row.drift)


def _size(factor: float | None) -> str:
    """A factor of at least 1 as a size of a change in either direction."""
    return change(factor).lstrip("+")


def why(row: Change) -> str:
    """The reason for the verdict, and whether the cell is a control."""
    return "; ".join(filter(None, (row.why, "same function" * (row.same and row.verdict in VERDICTS[:2]))))


def status(pair: tuple[Record, Record]) -> str:
    """A cell that only one run timed: ``ok → error: why``."""
    was, now = pair
    reason = (now.reason if now.status != "ok" else was.reason) or ""
    return f"{was.status} → {now.status}" + f": {cut(reason, REASON)}" * bool(reason)


def only(found: Changes) -> list[str]:
    """How many cells are in one of the records alone, and why that can be."""
    lines = []
    for name, records, run in (("OLD", found.lost, found.old), ("NEW", found.gained, found.new)):
        if records:
            components = len({record.key.component for record in records})
            lines.append(
                f"Only in {name} ({visible(cut(run.selection, LONGEST))}): {len(records):,} "
                f"cell{'s' * (len(records) != 1)} of {components:,} component{'s' * (components != 1)}"
            )
    return lines
