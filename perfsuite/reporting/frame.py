"""From records to the one table that every report reads: a row per cell, every derived figure a column.

Times are seconds, sizes bytes, shares and ratios plain numbers. A cell whose status is not "ok" has no time, and
no figure computed from one.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from perfsuite.model import estimates, payback
from perfsuite.model.account import Account, account
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
    "account": "the parts of the time, largest first, each counted or measured by itself, in shares of the time",
    "accounted": "the sum of these parts over the time",
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
    "compile": "preparation and first call of a compiled variant with nothing on disk: median",
    "compile_low": "lower end of its interval; the smallest of fewer than six values",
    "compile_high": "upper end of its interval; the largest of fewer than six values",
    "compile_processes": "the number of its values",
    "compile_in": "own processes: each compiled this cell alone; or shared processes, which may have compiled others",
    "compile_warm": "the same with compiled code on disk: median",
    "compile_warm_low": "lower end of its interval",
    "compile_warm_high": "upper end of its interval",
    "saves": "seconds that a compiled call saves: median over launches of the difference to the uncompiled variant",
    "saves_low": "lower end of its interval",
    "saves_high": "upper end of its interval",
    "pays_off": "yes; never: the interval of what a call saves lies below 0; unclear: it contains 0",
    "break_even": "calls after which compiling with nothing on disk has paid off; infinity if never",
    "break_even_low": "the fewest calls, by the ends of the intervals of the cost and of what a call saves",
    "break_even_high": "the most calls",
    "break_even_warm": "calls after which compiling has paid off with compiled code on disk",
    "break_even_warm_low": "the fewest calls",
    "break_even_warm_high": "the most calls",
    "new_shapes": "other shapes that the variant was called with in one process, under torch's default",
    "recompiles": "those in which a graph was compiled",
    "recompile": "the longest of these calls, without the call itself",
    "first_item": "stream: until the first item",
    "per_item": "stream: each further item",
    "device_seconds": "time on the device",
    "host_seconds": "time until the call returned",
    "trace": "profiler's trace, relative to the results folder",
}
OWN, SHARED = "own processes", "shared processes"
FLAGS = ("cold", "best", "tie")
AXES = ("cell", "component", "variant", "executor", "way", "device", "case", "threads")
TEXTS = (
    *(*AXES, "status", "reason", "dtype", "series", "level", "bound", "remark", "account", "peak_is", "trace"),
    *("compile_in", "pays_off"),
)
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
    found = [derived[record.cell] for record in run.records]
    frame = pd.DataFrame(found, columns=list(WHAT), dtype=object)  # as Arrow's strings, half characters are an error
    for name in TEXTS:
        frame[name] = pd.Series([value if isinstance(value, str) else "" for value in frame[name]], dtype=object)
    for name in FLAGS:
        frame[name] = frame[name].eq(True)
    numbers = [name for name in WHAT if name not in TEXTS and name not in FLAGS]
    frame[numbers] = frame[numbers].astype(float)
    return frame.copy()  # its columns of one type are stored together, which makes every selection of rows faster


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Each row as a mapping from column to value."""
    names = [str(name) for name in frame]
    values = frame.to_numpy(object)  # one conversion: a fiftieth of the time that ``to_dict`` takes for a few rows
    return [dict(zip(names, row, strict=True)) for row in values.tolist()]


def grouped(frame: pd.DataFrame, *names: str) -> list[tuple[tuple[Any, ...], pd.DataFrame]]:
    """The rows that agree in the columns ``names``, with what these hold, in order of their first rows.

    Unlike pandas' own, it takes any text: where pyarrow is installed, pandas turns keys into strings of Arrow, which
    cannot hold half characters.
    """
    together: dict[tuple[Any, ...], list[int]] = {}
    for at, key in enumerate(zip(*(frame[name].tolist() for name in names), strict=True)):
        together.setdefault(key, []).append(at)
    return [(key, frame.iloc[some]) for key, some in together.items()]


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
            row |= _times(record, estimate, limit, account(record, run.roofs, limit))
            row |= _against_best(record, best, timed)
            row |= _against_baseline(record, ways.get(problem.baseline) if problem else None)
            row |= _compiled(record, ways.get(record.key.variant))
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


def _times(record: Record, estimate: Estimate, limit: Floor, own: Account | None) -> dict[str, Any]:
    streamed = {column: estimates.part(record, name) for column, name in PARTS.items()}
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
        "remark": "timed apart" if record.remark else remark(estimate.value, limit, own.seconds if own else None),
        "accounted": own.seconds / estimate.value if own else None,
        "account": own.told(estimate.value) if own else "",
        "bound": limit.bound or (own.terms[0].name if own and own.terms else ""),
        "first": statistics.median(launch.first for launch in record.launches),
        **{column: part.value for column, part in streamed.items() if part},
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


def _compiled(record: Record, eager: Record | None) -> dict[str, Any]:
    """What compiling cost, after how many calls it pays off, and what another shape costs."""
    if not record.key.compiles:
        return {}
    cold, warm = payback.cold(record), payback.warm(record)
    row = _spread("compile", cold) | _spread("compile_warm", warm)
    if cold:
        own = record.compiling and record.compiling.cold
        row |= {"compile_processes": cold.launches, "compile_in": OWN if own else SHARED}
    saved = payback.gain(eager, record) if eager else None
    if saved:
        row |= _spread("saves", saved)
        for name, cost in (("break_even", cold), ("break_even_warm", warm)):
            if cost:
                calls = payback.payback(cost, saved)
                row |= {name: calls.calls, "pays_off": calls.verdict}
                row |= {f"{name}_low": calls.low, f"{name}_high": calls.high} if calls.verdict else {}
    return row | _recompiled(record)


def _spread(name: str, found: Estimate | None) -> dict[str, Any]:
    if not found:
        return {}
    ends = {f"{name}_low": found.low, f"{name}_high": found.high} if found.launches > 1 else {}
    return {name: found.value, **ends}


def _recompiled(record: Record) -> dict[str, Any]:
    others = record.compiling.shapes[1:] if record.compiling else ()
    if not others:
        return {}
    again = [one.seconds - one.again for one in others if one.graphs]
    return {"new_shapes": len(others), "recompiles": len(again), "recompile": max(again, default=None)}
