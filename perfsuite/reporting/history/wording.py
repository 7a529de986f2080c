"""The wording of a history wherever it is shown."""

from __future__ import annotations

import shlex

from perfsuite.history import detecting
from perfsuite.history.confirming import Pair
from perfsuite.history.history import History, Row
from perfsuite.history.suspicions import Suspicion
from perfsuite.model.printable import cut, visible
from perfsuite.project import catalogue
from perfsuite.reporting import units
from perfsuite.reporting.commands import runnable
from perfsuite.reporting.comparison.wording import change

STATES = {
    "slower": "slower",
    "faster": "faster",
    "suspected": "suspected",
    "undecided": "undecided",
    "refuted": "not confirmed",
    "same commit": "not the code",
    "no commit": "cannot be compared",
}
SUBJECT = 60  # characters of a commit's subject


def headline(found: History) -> str:
    """What was confirmed, and what is only suspected."""
    parts = [
        f"{found.count(state)} {STATES[state]}{' (confirmed)' * (state in ('slower', 'faster'))}"
        for state in STATES
        if found.count(state)
    ]
    runs, cells = len(found.runs.runs), len(found.rows)
    few = len(detecting.unjudged([row.series for row in found.rows]))
    if few < cells and not parts:
        parts.append("no change is suspected")
    if few:
        parts.append(f"{counted(few, 'cell')} with fewer than {detecting.LEAST} runs, where no change can be seen")
    return f"{counted(runs, 'run')}, {counted(cells, 'cell')}: {', '.join(parts)}"


def counted(number: int, word: str) -> str:
    """A number of things."""
    return f"{number:,} {word}{'s' * (number != 1)}"


def span(found: History) -> str:
    """From which commit to which."""
    first, last = found.runs.runs[0], found.runs.runs[-1]
    return f"{first.commit[:10] or first.started[:10]} to {last.commit[:10] or last.started[:10]}"


def drift(found: History) -> str:
    """What the drift of the machine was taken from, and what is gone with it."""
    one = found.measured.drift
    if not one.factors:
        return "no drift of the machine is known: the runs share neither roofs nor enough cells without a change"
    sizes = [max(value, 1 / value) for value in one.factors.values()]
    sources = [
        counted(number, word) for number, word in ((one.roofs, "roof"), (one.controls, "control cell")) if number
    ]
    told = f"drift of the machine, from {' and '.join(sources)}: at most {change(max(sizes))} in a run"
    if one.used:
        return f"{told}; taken out, which removes {units.percent(one.removed)} of the variance between runs"
    return f"{told}; not taken out, because the times would not vary less without it"


def anchor(found: History) -> str:
    """What creep is measured from."""
    if found.anchor is None:
        return ""
    return f"creep is measured from {commit(found, found.anchor.commit)} ({found.anchor.why})"


def commit(found: History, name: str) -> str:
    """A commit with its subject, safe to print and short."""
    return visible(cut(found.runs.commits.named(name), SUBJECT + 12))


def size(one: Suspicion) -> str:
    """The ratio of a suspicion: that of the comparison, if there is one."""
    return change(one.found if one.found is not None else one.ratio)


def interval(one: Suspicion) -> str:
    """The interval of :func:`size`."""
    low, high = (one.found_low, one.found_high) if one.found is not None else (one.low, one.high)
    return f"{change(low) if low is not None else '−∞'} … {change(high) if high is not None else '∞'}"


def said(found: History, one: Suspicion) -> str:
    """One suspicion as a sentence."""
    if one.confirmed:
        by = f"by {commit(found, one.commit)}" if one.commit else f"between {_between(one)}"
        since = f" since the anchor {one.base[:10]}" * (one.kind == "creep")
        return f"{one.state} {size(one)}{since if one.kind == 'creep' else ' ' + by}, confirmed{_why(one)}"
    where = f"since the anchor {one.base[:10]}" if one.kind == "creep" else f"between {_between(one)}"
    runs = f"the runs suggest {change(one.ratio)}{' beside its rivals' * one.beside} {where}"
    if one.state == "refuted":
        return f"{runs}; the comparison found it the same ({size(one)})"
    if one.state == "suspected":
        return f"{runs}; not confirmed yet"
    return f"{runs}; {STATES[one.state]}{_why(one)}"


def _between(one: Suspicion) -> str:
    return f"{one.base[:10] or one.before} and {one.head[:10] or one.after}"


def _why(one: Suspicion) -> str:
    others = f" (there also changed: {cut(', '.join(one.others), 200)})" if one.others else ""
    return (f": {one.why}" if one.why else "") + visible(others)


def command(pair: Pair) -> str:
    """The command that decides about ``pair``."""
    return runnable(shlex.join([*shlex.split(catalogue.PROJECT.command), *pair.words]))


def work(comparisons: int, forecast: tuple[float, float]) -> str:
    """What so many comparisons take; ``forecast`` is in seconds."""
    first, search = (f"{max(1, round(seconds / 60)):,} min" for seconds in forecast)
    told = f"{counted(comparisons, 'comparison')}, about {first} at most"
    more = f", and up to {search} to name the commits of what is confirmed" if forecast[1] else ""
    return told + more


def note(found: History, row: Row) -> str:
    """The last change of a cell in words; of a cell without one, why."""
    if row.change is None:
        return "fewer than six runs: nothing can be seen" if row.state == "few runs" else ""
    return said(found, row.change)


def left_out(found: History, row: Row) -> str:
    """Which runs of a cell are left out, and why."""
    told = []
    if run := found.measured.cut.get(row.cell):
        told.append(f"its work was another before run {run}; earlier runs are left out")
    if apart := found.measured.apart.get(row.cell):
        told.append(
            f"{counted(apart, 'run')} in which it was timed beside other cells {'are' if apart > 1 else 'is'} left out"
        )
    return "; ".join(told)


def beside_others(found: History) -> str:
    """How many cells have runs that are left out since they were timed beside other cells there; "" if none has."""
    cells = len(found.measured.apart)
    told = f"runs that timed other cells beside them, of another selection, do not count for {counted(cells, 'cell')}"
    return told if cells else ""
