"""The project's archive of runs: what was timed and where, and what was not timed and why."""

from __future__ import annotations

import dataclasses
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from perfsuite.model.component import Component
from perfsuite.model.record import Launch, Record, Run
from perfsuite.project import catalogue
from perfsuite.records.store import read, write

FOLDER = catalogue.ROOT / catalogue.PROJECT.evidence  # with a folder for each machine class


def condensed(run: Run) -> Run:
    """``run`` with one sample per launch, its median: all that the estimates need, at a tenth of the size."""
    return dataclasses.replace(run, records=tuple(map(_condensed, run.records)))


def _condensed(record: Record) -> Record:
    return dataclasses.replace(record, launches=tuple(map(_median, record.launches)), trace="")


def _median(launch: Launch) -> Launch:
    return dataclasses.replace(
        launch,
        at=launch.at[:1],
        wall=(statistics.median(launch.wall),) if launch.wall else (),
        cpu=(statistics.median(launch.cpu),) if launch.cpu else (),
        delay=(statistics.median(launch.delay),) if launch.delay else (),
        switches=(),
        faults=(round(statistics.median(launch.faults)),) if launch.faults else (),
        judged=(),
        parts={name: (statistics.median(values),) for name, values in launch.parts.items() if values},
    )


def keep(run: Run, folder: Path = FOLDER) -> Path:
    """Add ``run`` to the archive; a full run replaces the archived runs of its machine class.

    Raises:
        ValueError: the run was interrupted.
    """
    if run.partial:
        raise ValueError(
            f"run {run.run} was interrupted: finish it with `{catalogue.PROJECT.command} run --resume` first"
        )
    before = list((folder / run.machine_class).glob("*.jsonl.gz")) if run.selection == "full" else []
    path = write(condensed(run), folder)
    for old in before:
        if old != path:
            old.unlink()
    return path


@cache
def runs(folder: Path = FOLDER) -> tuple[Run, ...]:
    """The archived runs, by machine and time."""
    return tuple(map(read, sorted(folder.glob("*/*.jsonl.gz"))))


def records(runs: Iterable[Run]) -> Mapping[str, Sequence[Record]]:
    """Component -> its records in ``runs``."""
    found: dict[str, list[Record]] = {}
    for record in (record for run in runs for record in run.records):
        found.setdefault(record.cell.partition("/")[0], []).append(record)
    return found


def states(records: Iterable[Record]) -> Mapping[str, str]:
    """For each variant in ``records``: "timed", or the most common reason why none of its cells was."""
    reasons: dict[str, Counter[str]] = {}
    timed = set()
    for record in records:
        name = record.key.variant
        reasons.setdefault(name, Counter())[record.reason or record.status] += 1
        if record.status == "ok":
            timed.add(name)
    return {name: "timed" if name in timed else why.most_common(1)[0][0] for name, why in reasons.items()}


def named_only(component: Component, tree: Path) -> Mapping[str, str]:
    """The variants that have only opt-in cases, which a full run leaves out, each with the reason."""
    apart = {case.name: case.opt_in for case in component.cases}
    reasons: dict[str, list[str]] = {}
    for cell in catalogue.cells(component, tree):
        reasons.setdefault(cell.variant, []).append(apart[cell.case])
    return {variant: f"only when named ({why[0]})" for variant, why in reasons.items() if all(why)}


def summary(variants: Iterable[str], found: Mapping[str, str]) -> str:
    """How many of ``variants`` were timed, and why the others were not."""
    names = list(variants)
    timed = sum(found.get(name) == "timed" for name in names)
    others: dict[str, list[str]] = {}
    for name in names:
        if (why := found.get(name, "in no archived run")) != "timed":
            others.setdefault(why, []).append(name)
    return "; ".join([f"{timed} of {len(names)} timed", *(f"{', '.join(who)}: {why}" for why, who in others.items())])
