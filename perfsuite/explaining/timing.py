"""The ratio that is explained, with its interval: from a small run for two cells, from ``compare`` for two commits.

Nothing else happens in the processes that are timed, and no evidence is taken before the last of them has ended.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path

from perfsuite.explaining.asking import Question
from perfsuite.host import scratch
from perfsuite.judging import opening, session
from perfsuite.judging.record import Options as ComparisonOptions
from perfsuite.model import estimates
from perfsuite.model.estimates import Estimate
from perfsuite.model.record import Record
from perfsuite.project import catalogue
from perfsuite.records.options import Options
from perfsuite.running import session as runs
from perfsuite.running.progress import Progress


class Failed(Exception):
    """A side has no time; the text names it and says why."""


@dataclass(frozen=True)
class Times:
    """The times of both sides."""

    a: float  # seconds of a call
    b: float
    ratio: Estimate  # B's time over A's
    how: str  # one sentence on how it was measured
    labels: tuple[str, str] = ("", "")  # of the commits
    remark: str = ""  # what lessens the trust in the times
    running: tuple[float, float] | None = None  # seconds of a call of A and B without waiting for a core; None: unknown


def cells(question: Question, tree: Path, progress: Progress) -> Times:
    """Time both cells in turns, in fresh processes.

    Raises:
        Failed: a cell has no time.
    """
    asked = Options(
        cells=(question.a, question.b),
        selection="explain",
        command="",
        left_out="",
        launches=question.launches,
        budget=question.budget,
        timeout=question.timeout,
        cost=False,
    )
    with scratch.Scratch() as folder:
        found = runs.measure(runs.start(asked, folder, tree), folder, tree, progress)
    if found.partial:
        raise KeyboardInterrupt
    records = {record.cell: record for record in found.records}
    a, b = (_timed(records[name]) for name in (question.a, question.b))
    seconds = [estimates.seconds(one) for one in (a, b)]
    ratio = estimates.ratio(b, a)
    if ratio is None or seconds[0] is None or seconds[1] is None:
        raise Failed(f"{question.b} and {question.a} were not timed in the same process")
    how = f"Median of {ratio.launches} launches, {100 * ratio.confidence:.3g} % interval."
    remark = "; ".join(dict.fromkeys(one.reason for one in (a, b) if one.status != "ok"))
    running = [_running(one) for one in (a, b)]
    known = None if running[0] is None or running[1] is None else (running[0], running[1])
    return Times(seconds[0].value, seconds[1].value, ratio, how, remark=remark, running=known)


def _running(record: Record) -> float | None:
    """The median over launches of each launch's median time of a call, without waiting for a core.

    A sample whose output was judged does not count: the counters of a stream include the pass that was judged.
    """
    medians = []
    for launch in record.launches:
        plain = [at for at in range(len(launch.delay)) if at not in launch.judged]
        if plain and len(launch.delay) == len(launch.wall):
            medians.append(statistics.median(launch.wall[at] - launch.delay[at] / launch.calls for at in plain))
    return statistics.median(medians) if medians and min(medians) > 0 else None


def _timed(record: Record) -> Record:
    if record.status not in ("ok", "unstable", "contended") or not record.launches:
        raise Failed(f"{record.cell} {record.status}: {record.reason or 'it was not timed'}")
    return record


def commits(question: Question, results: Path, tree: Path, progress: Progress) -> Times:
    """Time the cell at both commits, as ``compare`` does.

    Raises:
        ValueError: there is no such commit, or the cell is on neither side.
        Failed: the cell cannot be compared, or its code is the same on both sides.
    """
    asked = ComparisonOptions(
        cells=(),
        selection=question.a,
        command=f"{catalogue.PROJECT.command} explain",
        counts=False,
        timeout=question.timeout,
        installed=question.installed,
    )
    journal = opening.start(asked, results, question.base, question.head, tree)
    found = session.measure(journal, progress)
    if found.partial:
        raise KeyboardInterrupt
    if not found.rows:
        raise Failed(f"{question.a}: {next(iter(found.skipped.values()), 'not compared')}")
    (row,) = found.rows
    if row.ratio is None or row.base is None:
        raise Failed(f"{row.cell} {row.verdict}: {row.reason}")
    alpha = found.rule.alpha_same if found.rule else 0.05
    ratio = Estimate(row.ratio, row.low or 0.0, row.high or float("inf"), 1 - 2 * alpha, row.epochs)
    how = f"{row.verdict} by compare, {row.epochs} epochs in fresh processes; each end is wrong in at most {alpha:.0%}."
    labels = (str(found.base["label"]), str(found.head["label"]))
    return Times(row.base, row.base * row.ratio, ratio, how, labels, row.reason)
