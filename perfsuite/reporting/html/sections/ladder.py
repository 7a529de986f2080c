"""The ladder: every variant at one case, in teaching order, with its time, the reasons for it and its code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

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
    Mono,
    Part,
    Picture,
    Row,
    Section,
    Table,
    marked,
    prose,
)
from perfsuite.reporting.html.verdict import verdict
from perfsuite.reporting.plots.ladder import ladder
from perfsuite.reporting.view import (
    View,
    command,
    explain_command,
    explanation_of,
    group_name,
    how_sure,
    trace_of,
)

EXECUTORS = {"compile": "torch.compile", "cudagraph": "a CUDA graph"}


def render(view: View) -> Section | None:
    """The lead case of a component."""
    cells = view.lead()
    if cells is None:
        return None
    problem = view.problem
    unit = units.shared(cells["seconds"], units.SECONDS)
    shown = cells[cells["status"] != "skipped"]
    drawing = ladder(cells, problem.baseline, view.colors)
    variants = {variant.name: variant for variant in problem.variants}
    rungs = rows_of(shown)
    rows = tuple(_rung(row, variants.get(row["variant"]), unit, view, rungs[at:]) for at, row in enumerate(rungs, 1))
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


def columns(unit: units.Unit, stream: bool) -> tuple[Column, ...]:
    """The ladder's columns."""
    parts = (
        Column("First item", True),
        Column("Per item", True),
    )
    return (
        Column("Variant"),
        Column(f"Time, {unit.name}", True),
        Column("±", True),
        *(parts if stream else ()),
        Column("× best", True),
        Column("Speed-up", True),
        Column("× hw", True),
        Column("Bound"),
        Column("Peak", True),
        Column("Error", True),
    )


def _rung(
    row: Mapping[str, Any],
    variant: Variant | None,
    unit: units.Unit,
    view: View,
    above: Sequence[Mapping[str, Any]],
) -> Row:
    """A rung; ``above`` are those after it."""
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
        return Row((name, status), facets=_facets(row), below=(*below, *_more(row, variant, ())))
    if why := evidence.why(row):
        below.append(prose(why[0].upper() + why[1:] + ".", tone="note"))
    return Row(
        (name, *_figures(row, unit, problem.stream)),
        facets=_facets(row),
        best=row["best"],
        below=(*below, *_more(row, variant, _against(row, above, view))),
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


def _against(row: Mapping[str, Any], above: Sequence[Mapping[str, Any]], view: View) -> tuple[Block, ...]:
    """Why the time of ``row`` is not that of the next rung: the explanation, or the command that makes it."""
    other = next((one for one in above if units.known(one["seconds"])), None)
    if other is None:
        return ()
    page = explanation_of(view.results, row["cell"], other["cell"]) if view.results else None
    if page and view.results:
        address = f"../{quote(page.relative_to(view.results).as_posix())}"
        return (prose(Link(f"Why {row['way']} and {other['way']} differ", address)),)
    told = prose("Why it differs from the next rung, ", Mono(other["way"]), ":", tone="note")
    return told, Code(explain_command(row["cell"], other["cell"]), python=False)


def _more(row: Mapping[str, Any], variant: Variant | None, against: tuple[Block, ...]) -> list[Block]:
    """What is folded away under a rung: its code, its other measurements, and the commands that tell more."""
    blocks: list[Block] = []
    if variant and variant.source:
        blocks.append(Code(variant.source))
    if facts := tuple((name, text) for name, text in measured(row) if text not in ("", units.NONE)):
        blocks.append(Facts(facts))
    blocks += [prose("Measure it again:", tone="note"), Code(command(row["cell"]), python=False), *against]
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
    return [
        ("Interval", interval),
        ("Samples", f"{units.count(row['samples'])} in {units.count(row['launches'])} launches" if interval else ""),
        ("First call", units.time(row["first"])),
        ("Compile", units.time(row["compile"])),
        ("From disk", units.time(row["compile_warm"])),
        ("Break-even calls", evidence.paid_back(row) if units.known(row["compile"]) else ""),
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
