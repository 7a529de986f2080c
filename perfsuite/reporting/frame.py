"""From records to the one table that every report reads: a row per cell, every derived figure a column.

Times are seconds, sizes bytes, shares and ratios plain numbers. A cell whose status is not "ok" has no time, and
no figure computed from one.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from perfsuite.model import estimates
from perfsuite.model.estimates import Estimate
from perfsuite.model.floor import Floor, floor, remark
from perfsuite.model.printable import cut
from perfsuite.model.record import Problem, Record, Run
from perfsuite.reporting.metrics import METRICS

WHAT = {  # column -> what it holds, in the order of the table
    "cell": "the cell's name",
    "component": "family.component",
    "variant": "the implementation that is called",
    "executor": "how the variant is run: eager, compile, cudagraph",
    "way": "variant, with its executor unless that is eager",
    "device": "cpu or cuda",
    "case": "the inputs",
    "threads": "torch threads",
    "cold": "caches flushed before each call",
    "status": "ok, or why there is no time",
    "reason": "the status in words",
    "dtype": "of the output",
    "series": "the curve that the case belongs to",
    "size": "x of that curve",
    "seconds": "per call: median over launches of the launch's median",
    "low": "lower end of its interval",
    "high": "upper end of its interval",
    "confidence": "the probability that the interval covers the median",
    "launches": "fresh processes",
    "samples": "timed batches in total",
    "best": "the fastest of its group",
    "times_best": "times slower than the fastest of its group",
    "tie": "the interval of its ratio to the fastest contains 1",
    "ratio": "to the baseline, from per-launch ratios",
    "ratio_low": "lower end of its interval",
    "ratio_high": "upper end of its interval",
    **{name: metric.what for name, metric in METRICS.items()},
    "flops": "declared FLOP of one call",
    "bytes": "compulsory bytes of one call",
    "floor_compute": "floor: FLOP over the measured peak",
    "floor_memory": "floor: bytes over the measured bandwidth",
    "floor_overhead": "floor: operators and views times the cheapest of each",
    "floor_hardware": "the larger of compute and memory",
    "floor": "the largest of the three",
    "level": "the memory that holds the data",
    "bound": "the term that sets the floor",
    "times_hardware": "seconds over floor_hardware",
    "times_floor": "seconds over floor, where operators were counted",
    "remark": "what the distance to the floor says: above the roof, less traffic, unexplained; or timed apart",
    "peak": "most bytes held at once, beyond those at entry",
    "peak_is": "exact, at least, or why it is unknown",
    "allocations": "in one call",
    "ops": "operators dispatched, without views",
    "views": "operators dispatched that are views",
    "traffic": "bytes that the operators read and write, unfused",
    "times_bytes": "traffic over compulsory bytes",
    "error": "largest |error| against float64",
    "error_share": "largest |error| over the allowed error",
    "first": "first call of a process: median over launches",
    "compile": "preparation and first call of a compiled variant in a fresh process",
    "break_even": "calls after which compiling has paid off",
    "first_item": "stream: until the first item",
    "per_item": "stream: each further item",
    "device_seconds": "time on the device",
    "host_seconds": "time until the call returned",
    "trace": "profiler's trace, relative to the results folder",
}
FLAGS = ("cold", "best", "tie")
AXES = ("cell", "component", "variant", "executor", "way", "device", "case", "threads")
TEXTS = (*AXES, "status", "reason", "dtype", "series", "level", "bound", "remark", "peak_is", "trace")
LONGEST = 2000  # characters of a reason; the record file has all of it
EXECUTORS = ("eager", "compile", "cudagraph")  # in reading order
PARTS = {"first_item": "first item", "per_item": "per item", "device_seconds": "device", "host_seconds": "host"}


def build(run: Run) -> pd.DataFrame:
    """The table of ``run``: one row per cell, in the records' order; columns as in :data:`WHAT`."""
    problems = {problem.name: problem for problem in run.problems}
    groups: dict[tuple[str, str, str, str, bool], list[Record]] = {}
    for record in run.records:
        groups.setdefault(record.key.group, []).append(record)
    derived = {
        record.cell: row
        for records in groups.values()
        for record, row in _of_group(records, run, problems.get(records[0].key.component))
    }
    frame = pd.DataFrame([derived[record.cell] for record in run.records], columns=list(WHAT))
    for name in TEXTS:
        frame[name] = pd.Series([value if isinstance(value, str) else "" for value in frame[name]], dtype=object)
    for name in FLAGS:
        frame[name] = frame[name].eq(True)
    numbers = [name for name in WHAT if name not in TEXTS and name not in FLAGS]
    frame[numbers] = frame[numbers].astype(float)
    return frame


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Each row as a mapping from column to value."""
    names = [str(name) for name in frame]
    columns = [frame[name].tolist() for name in frame]  # a tenth of the time that ``to_dict`` takes for mixed columns
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def in_order(problem: Problem, cells: pd.DataFrame) -> pd.DataFrame:
    """The cells of ``problem`` in reading order: its cases, devices and threads, then up the ladder."""
    variants = {variant.name: at for at, variant in enumerate(problem.variants)}
    cases = {case: at for at, case in enumerate(problem.cases)}
    keys = pd.DataFrame(
        {
            "device": cells["device"],
            "case": [cases.get(case, len(cases)) for case in cells["case"]],
            "threads": cells["threads"],
            "cold": cells["cold"],
            "variant": [variants.get(variant, len(variants)) for variant in cells["variant"]],
            "executor": [EXECUTORS.index(one) if one in EXECUTORS else len(EXECUTORS) for one in cells["executor"]],
        },
        index=cells.index,
    )
    return cells.loc[keys.sort_values(list(keys.columns), kind="stable").index]


def _of_group(
    records: Sequence[Record], run: Run, problem: Problem | None
) -> Iterator[tuple[Record, Mapping[str, Any]]]:
    """The rows of one group: cells that were timed in turns and may be compared."""
    timed = {record.cell: estimate for record in records if (estimate := _seconds(record))}
    ok = [record for record in records if record.cell in timed]
    best = min(ok, key=lambda record: timed[record.cell].value, default=None)
    ways = {record.key.way: record for record in ok}
    for record in records:
        limit = floor(record, run.roofs)
        row = _axes(record) | _work(record) | _floor(limit)
        if estimate := timed.get(record.cell):
            assert best
            row |= _times(record, estimate, limit)
            row |= _against_best(record, best, timed)
            row |= _against_baseline(record, ways.get(problem.baseline) if problem else None)
            row |= _compiled(record, estimate, timed.get(str(replace(record.key, executor="eager"))))
        yield record, row


def _seconds(record: Record) -> Estimate | None:
    """The time of an ok cell; ``None`` for any other, even if it has samples."""
    return estimates.seconds(record) if record.status == "ok" else None


def _axes(record: Record) -> dict[str, Any]:
    cell = record.key
    names = ("component", "variant", "executor", "way", "device", "case", "threads", "cold")
    facts = ("cell", "status", "reason", "dtype", "series", "size")
    row = {name: getattr(record, name) for name in facts} | {name: getattr(cell, name) for name in names}
    return {**row, "reason": cut(record.reason or record.remark, LONGEST)}


def _work(record: Record) -> dict[str, Any]:
    """The declared work, what the call used, and the error of its result."""
    row: dict[str, Any] = {"flops": record.flops or None, "bytes": record.bytes or None}
    if record.status != "ok":
        return row
    row["trace"] = record.trace
    if record.proof:
        row |= {"error": record.proof.error, "error_share": record.proof.share}
    if cost := record.cost:
        row |= {name: getattr(cost, name) for name in ("peak", "peak_is", "allocations", "ops", "views", "traffic")}
        row["times_bytes"] = cost.traffic / record.bytes if cost.traffic is not None and record.bytes else None
    return row


def _floor(limit: Floor) -> dict[str, Any]:
    return {
        "floor_compute": limit.compute or None,
        "floor_memory": limit.memory or None,
        "floor_overhead": limit.overhead or None,
        "floor_hardware": limit.hardware or None,
        "floor": limit.whole or None,
        "level": limit.level if limit.memory else "",
        "bound": limit.bound,
    }


def _times(record: Record, estimate: Estimate, limit: Floor) -> dict[str, Any]:
    parts = {column: estimates.part(record, name) for column, name in PARTS.items()}
    return {
        "seconds": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "confidence": estimate.confidence,
        "launches": estimate.launches,
        "samples": sum(len(launch.wall) for launch in record.launches),
        **{name: metric.of(record, estimate) for name, metric in METRICS.items()},
        "times_hardware": estimate.value / limit.hardware if limit.hardware else None,
        "times_floor": estimate.value / limit.whole if limit.whole and "overhead" not in limit.missing else None,
        "remark": "timed apart" if record.remark else remark(estimate.value, limit),
        "first": statistics.median(launch.first for launch in record.launches),
        **{column: part.value for column, part in parts.items() if part},
    }


def _against_best(record: Record, best: Record, timed: Mapping[str, Estimate]) -> dict[str, Any]:
    """The ratio is of medians, so that of the best is exactly 1; a tie is decided by the paired launches."""
    paired = estimates.ratio(record, best)
    return {
        "best": record is best,
        "times_best": timed[record.cell].value / timed[best.cell].value,
        "tie": record is not best and paired is not None and paired.launches > 1 and paired.low <= 1,
    }


def _against_baseline(record: Record, base: Record | None) -> dict[str, Any]:
    ratio = estimates.ratio(record, base) if base else None
    return {"ratio": ratio.value, "ratio_low": ratio.low, "ratio_high": ratio.high} if ratio else {}


def _compiled(record: Record, estimate: Estimate, eager: Estimate | None) -> dict[str, Any]:
    """What compiling cost, and after how many calls it pays off: infinity if never."""
    if not record.key.compiles or not record.proof:
        return {}
    cost, saved = record.proof.first, eager.value - estimate.value if eager else math.nan
    return {"compile": cost, "break_even": cost / saved if saved > 0 else math.nan if saved != saved else math.inf}
