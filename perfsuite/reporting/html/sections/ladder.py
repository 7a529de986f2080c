"""The ladder: every variant at one case, in teaching order, with its time, the reasons for it and its code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfsuite.model.record import Variant
from perfsuite.reporting import evidence, units
from perfsuite.reporting.frame import rows as rows_of
from perfsuite.reporting.html.blocks import (
    Block,
    Cell,
    Code,
    Column,
    Details,
    Facts,
    Link,
    Part,
    Picture,
    Row,
    Section,
    Table,
    marked,
    prose,
)
from perfsuite.reporting.html.verdict import verdict
from perfsuite.reporting.plots import figures
from perfsuite.reporting.view import View, command, group_name, trace_of

EXECUTORS = {"compile": "torch.compile", "cudagraph": "a CUDA graph"}


def render(view: View) -> Section | None:
    """The lead case of a component."""
    cells = view.lead()
    if cells is None:
        return None
    problem = view.problem
    unit = units.shared(cells["seconds"], units.SECONDS)
    shown = cells[cells["status"] != "skipped"]
    drawing = figures.ladder(cells, problem.baseline)
    variants = {variant.name: variant for variant in problem.variants}
    rows = tuple(_rung(row, variants.get(row["variant"]), unit, view) for row in rows_of(shown))
    table = Table("ladder", f"{group_name(cells)}, {how_sure(cells)}", columns(unit, problem.stream), rows)
    return Section(
        "ladder",
        "The ladder",
        (
            prose(*verdict(problem, cells), tone="lead"),
            *([Picture(drawing)] if drawing else []),
            table,
        ),
    )


def how_sure(cells: Any) -> str:
    """What ``±`` means: it depends on how many fresh processes there were."""
    timed = cells[cells["seconds"].notna()]
    launches, confidence = int(timed["launches"].min()), timed["confidence"].min()
    if launches < 2:
        return "one process: no interval"
    return f"median of {launches} fresh processes; ± covers it with {units.percent(confidence)} confidence"


def columns(unit: units.Unit, stream: bool) -> tuple[Column, ...]:
    """The ladder's columns."""
    parts = (
        Column("First item", True, "Time until the first item"),
        Column("Per item", True, "Time of each further item"),
    )
    return (
        Column("Variant"),
        Column(f"Time, {unit.name}", True, "Seconds of one call: median over fresh processes"),
        Column("±", True, "Half the width of the interval, the wider side"),
        *(parts if stream else ()),
        Column("× best", True, "Times slower than the fastest variant"),
        Column("Speed-up", True, "Times as fast as the baseline"),
        Column("× hw", True, "Time over the hardware's floor: the larger of arithmetic and memory traffic"),
        Column("Bound", False, "The limit that sets the floor of this variant"),
        Column("Peak memory", True, "Most bytes held at once, beyond those at entry"),
        Column("Error", True, "Largest error against float64, as a share of the allowed one"),
    )


def _rung(row: Mapping[str, Any], variant: Variant | None, unit: units.Unit, view: View) -> Row:
    problem = view.problem
    name = Cell(row["way"], mono=True, small="baseline" if row["way"] == problem.baseline else "")
    width = len(columns(unit, problem.stream)) - 1
    below: list[Block] = []
    if variant:
        same = f"The same under {EXECUTORS[row['executor']]}." if row["executor"] in EXECUTORS else ""
        below.append(prose(*(marked(variant.lesson) if not same else (same,))))
    if variant and variant.name in problem.work:
        work = problem.work[variant.name].removesuffix(".")
        below.append(prose("Does different work: ", *marked(work), ".", tone="note"))
    if not units.known(row["seconds"]):
        status = Cell(f"! {row['status']}", tone="bad", small=row["reason"], span=width)
        return Row((name, status), facets=_facets(row), below=(*below, *_more(row, variant)))
    if why := evidence.why(row):
        below.append(prose(why[0].upper() + why[1:] + ".", tone="note"))
    return Row(
        (name, *_figures(row, unit, problem.stream)),
        facets=_facets(row),
        best=row["best"],
        below=(*below, *_more(row, variant)),
    )


def _facets(row: Mapping[str, Any]) -> dict[str, str]:
    return {"status": row["status"], "executor": row["executor"]}


def _figures(row: Mapping[str, Any], unit: units.Unit, stream: bool) -> list[Cell]:
    sure = row["launches"] > 1
    spread = units.spread(row["seconds"], row["low"], row["high"]) if sure else ""
    best = "best" if row["best"] else units.digits(row["times_best"])
    speedup = 1 / row["ratio"] if units.known(row["ratio"]) else None
    parts = [Cell(units.time(row[name]), row[name]) for name in ("first_item", "per_item")] if stream else []
    return [
        Cell(units.digits(row["seconds"] / unit.scale), row["seconds"]),
        Cell(spread[1:], (row["high"] - row["low"]) / row["seconds"]),
        *parts,
        Cell(best, row["times_best"], "tie" if row["tie"] else "", tone="best" if row["best"] else ""),
        Cell(units.times(speedup), speedup),
        Cell(units.times(row["times_hardware"]), row["times_hardware"], row["remark"]),
        Cell(row["bound"] or units.NONE),
        Cell(units.peak(row["peak"], row["peak_is"]) or units.NONE, row["peak"]),
        Cell(units.percent(row["error_share"]), row["error_share"]),
    ]


def _more(row: Mapping[str, Any], variant: Variant | None) -> list[Block]:
    """What is folded away under a rung: its code, its other measurements, and the command that repeats it."""
    blocks: list[Block] = []
    if variant and variant.source:
        blocks.append(Code(variant.source))
    if facts := tuple((name, text) for name, text in measured(row) if text not in ("", units.NONE)):
        blocks.append(Facts(facts))
    blocks.append(Code(command(row["cell"]), python=False))
    if address := trace_of(row["trace"]):
        parts: tuple[Part, ...] = (
            Link("Profiler’s trace", address),
            ", for ui.perfetto.dev or TensorBoard",
        )
        blocks.append(prose(*parts, tone="note"))
    return [
        Details("Code and measurements" if blocks and isinstance(blocks[0], Code) else "Measurements", tuple(blocks))
    ]


def measured(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The other measurements of a cell, as text."""
    interval = f"{units.time(row['low'])} to {units.time(row['high'])}" if row["launches"] > 1 else ""
    break_even = "never" if row["break_even"] == float("inf") else units.count(row["break_even"])
    return [
        ("Interval", interval),
        ("Samples", f"{units.count(row['samples'])} in {units.count(row['launches'])} processes" if interval else ""),
        ("First call", units.time(row["first"])),
        ("Compile", units.time(row["compile"])),
        ("Break-even calls", break_even if units.known(row["compile"]) else ""),
        ("Arithmetic", units.rate(row["flop_rate"], "FLOP/s")),
        ("Compulsory bytes", units.rate(row["byte_rate"], "B/s")),
        ("× floor", units.times(row["times_floor"])),
        ("Operators", units.count(row["ops"])),
        ("Views", units.count(row["views"])),
        ("Allocations", units.count(row["allocations"])),
        (
            "Traffic",
            f"{units.size(row['traffic'])}, {units.times(row['times_bytes'])} the compulsory"
            if units.known(row["times_bytes"])
            else "",
        ),
        (
            "Largest error",
            units.digits(row["error"], 2)
            if not units.known(row["error"]) or row["error"] > 1e-3
            else f"{row['error']:.1e}",
        ),
        ("On the device", units.time(row["device_seconds"])),
        ("Memory is", row["peak_is"] if row["peak_is"] not in ("exact", "at least") else ""),
    ]
