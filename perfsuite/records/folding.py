"""Turn a journal into the run that a record file contains: a pure function."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from perfsuite.model import estimates
from perfsuite.model.cell import Cell
from perfsuite.model.record import Compiling, Cost, Launch, Parts, Proof, Record, Roof, Run, cost_from
from perfsuite.model.roofs import merge
from perfsuite.model.shard import Shard
from perfsuite.project import catalogue
from perfsuite.records import impossible
from perfsuite.records.journal import Found
from perfsuite.records.lines import shard_of

UNSTABLE = 4.0  # a cell is unstable if the upper end of its interval exceeds this multiple of the lower end


def fold(found: Found, tree: Path = catalogue.IMPLS) -> Run:
    """The content of the journal as a :class:`Run`."""
    options = found.options
    cells = [Cell.parse(cell) for cell in options.cells]
    names = list(dict.fromkeys(cell.component for cell in cells))
    head = found.head
    roofs = merge(found.roofs)
    return Run(
        run=head["run"],
        started=head["started"],
        seconds=found.seconds,
        partial=not found.ended,
        selection=options.selection,
        command=options.command,
        left_out=options.left_out,
        commit=head["commit"],
        dirty=head["dirty"],
        tree=head["tree"],
        machine=head["machine"],
        environment=head.get("environment", {}),
        machine_class=head["machine_class"],
        roofs=roofs,
        problems=tuple(catalogue.problem(catalogue.component(name), tree) for name in names),
        records=tuple(_record(cell, found, roofs) for cell in cells if str(cell) in found.checks),
        facts=found.facts,
        secrets=tuple(found.secrets),
        compiler=tuple(found.compiler),
        shards=_shards(found),
    )


def _shards(found: Found) -> tuple[Shard, ...]:
    """Which part of a run this is, and where it was measured; () for a whole run."""
    head = found.head
    if "shard" not in head:
        return ()
    measured = {"machine": head["machine"], "seconds": found.seconds, "secrets": tuple(found.secrets)}
    return (dataclasses.replace(shard_of(head), run=head["run"], started=head["started"], **measured),)


def _launches(cell: str, found: Found) -> tuple[Launch, ...]:
    """The launches that count: those beside its rivals or, if its group was timed again, those apart from them.

    A time alone in a fresh process is not comparable with one in a process that has already run other work, because
    the allocator's state differs. So the two kinds are never mixed.
    """
    numbers = sorted(number for number, name in found.launches if name == cell)
    look = found.options.launches  # the number of the launch in which it was timed alone for comparison
    chosen = [number for number in numbers if number > look] or [number for number in numbers if number < look]
    return tuple(found.launches[number, cell] for number in chosen)


def _apart(cell: str, found: Found, launches: Sequence[Launch]) -> str:
    """A remark that a cell was timed apart from its rivals, and why; "" if it was not."""
    if len(launches) < 2 or not all(launch.alone for launch in launches):
        return ""
    return f"timed apart from its rivals{f': it {told}' if (told := found.disturbance(cell)) else ''}"


def _compiling(cell: str, found: Found) -> Compiling | None:
    """What its first calls cost, if that was asked for."""
    calls, shapes = found.first_calls.get(cell, []), found.shapes.get(cell, ())
    return Compiling(tuple(c for c, _ in calls), tuple(w for _, w in calls), shapes) if calls or shapes else None


def _record(cell: Cell, found: Found, roofs: Sequence[Roof]) -> Record:
    name = str(cell)
    component = catalogue.component(cell.component)
    case = next(case for case in component.cases if case.name == cell.case)
    check = found.checks[name]
    launches = _launches(name, found)
    status, reason = check["status"], check["reason"]
    if status == "ok":
        status, reason = found.faults.get(name, ("ok", ""))
    derived = check.get("work", {})
    record = Record(
        cell=name,
        status=status,
        reason=reason,
        dtype=case.dtype or derived.get("dtype", ""),
        series=case.series,
        size=case.size,
        flops=derived.get("flops", 0) if component.derive else component.flops(case),
        bytes=derived.get("bytes", 0) if component.derive else component.bytes(case),
        proof=Proof(**check["proof"]) if status == "ok" and check.get("proof") else None,
        launches=launches if status == "ok" else (),
        cost=_cost(name, check, found),
        trace=found.traces.get(name, ""),
        remark=_apart(name, found, launches),
        compiling=_compiling(name, found) if status == "ok" else None,
    )
    return _judged(record, found.contended.get(name, 0), impossible.why(record, component, roofs))


def _cost(cell: str, check: Mapping[str, Any], found: Found) -> Cost | None:
    """What one call used. Where its parts were counted in several processes, those with the median sum count."""
    cost = cost_from(check["cost"]) if check.get("cost") else None
    if not cost or not cost.parts:
        return cost
    every = sorted([cost.parts, *found.parts.get(cell, [])], key=_seconds)
    return dataclasses.replace(cost, parts=every[(len(every) - 1) // 2])


def _seconds(parts: Parts) -> float:
    return sum(part.seconds for kind in (parts.operators, parts.native) for part in (kind or {}).values())


def _judged(record: Record, contended: int, beyond: str) -> Record:
    """``record`` with the status that follows from its samples; ``beyond`` says why its time is impossible."""
    if record.status != "ok":
        return record
    if not record.launches:
        return dataclasses.replace(record, status="skipped", reason="not timed: the run was interrupted first")
    if beyond:
        return dataclasses.replace(record, status="impossible", reason=beyond)
    estimate = estimates.seconds(record)
    if estimate is not None and estimate.low > 0 and estimate.high > UNSTABLE * estimate.low:
        medians = [statistics.median(launch.wall) for launch in record.launches]
        reason = f"launches differ by {max(medians) / min(medians):.1f}x"
        return dataclasses.replace(record, status="unstable", reason=reason)
    if 2 * contended > len(record.launches):
        reason = f"the cores were not free in {contended} of {len(record.launches)} launches"
        return dataclasses.replace(record, status="contended", reason=reason)
    return record
