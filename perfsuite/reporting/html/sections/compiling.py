"""What compiling costs and when it has paid off: a row for each compiled cell."""

from __future__ import annotations

import shlex
import statistics
from collections.abc import Mapping
from typing import Any

from perfsuite.model import payback
from perfsuite.model.record import Run
from perfsuite.reporting import evidence, units
from perfsuite.reporting.commands import launcher
from perfsuite.reporting.frame import OWN
from perfsuite.reporting.frame import rows as rows_of
from perfsuite.reporting.html.blocks import Block, Cell, Code, Column, Row, Section, Table, prose
from perfsuite.reporting.view import View, threads

ENDS = (
    "The second lines are intervals, of fewer than six values the whole range; those of break-even combine the ends of "
    "what compiling takes and of what a call saves."
)
COLUMNS = (
    Column("Variant"),
    Column("Cold", True, "Preparation and first call with nothing on disk"),
    Column("Warm", True, "Preparation and first call in another process, with compiled code on disk"),
    Column("Steady", True, "A further call"),
    Column("Saves", True, "Of the time of a call without the compiler; negative if compiled calls are slower"),
    Column("Break-even", True, "Calls after which a cold compile has paid off"),
    Column("Break-even warm", True, "Calls after which compiled code on disk has paid off"),
    Column("Recompiles", True, "Of the other shapes that the variant was called with, and the longest recompile"),
)


def render(view: View) -> Section | None:
    """The compiled cells of a component."""
    rows = [row for row in rows_of(view.frame) if units.known(row["compile"])]
    if not rows:
        return None
    own = all(row["compile_in"] == OWN for row in rows)
    table = Table("compiling", "Compiling, and when it has paid off", COLUMNS, tuple(map(_row, rows)))
    blocks: list[Block] = [prose(_where(own), " ", _start(view.run)), table, prose(ENDS, tone="note")]
    if not own:
        blocks += [prose("With processes of their own, and other shapes:", tone="note"), _command(view)]
    return Section("compiling", "Compile cost", tuple(blocks))


def _where(own: bool) -> str:
    if own:
        return "Each first call had a process of its own."
    return (
        "The first calls are from processes that may have compiled other cells before, cold ones from the check and "
        "warm ones from the launches: in a process of its own, a first call takes longer."
    )


def _start(run: Run) -> str:
    """What a process pays once, before it compiles anything."""
    found = [start.seconds for start in run.compiler if not start.empty]
    empty = [start.seconds for start in run.compiler if start.empty]
    if not found:
        return "The start of the compiler is not included, and was not measured in this run."
    first = f", and {units.time(empty[0])} where no C++ header has been compiled yet" if empty else ""
    return (
        "The start of the compiler is not included; it takes each process "
        f"{units.time(statistics.median(found))}{first}."
    )


def _row(row: Mapping[str, Any]) -> Row:
    usual = (row["device"], row["threads"]) == ("cpu", "1")
    place = [row["case"], *([] if usual else [row["device"], threads(row["threads"])]), *["flushed"] * row["cold"]]
    return Row(
        (
            Cell(row["way"], small=", ".join(place), mono=True),
            _time(row, "compile"),
            _time(row, "compile_warm"),
            Cell(units.time(row["seconds"]), row["seconds"]),
            _time(row, "saves"),
            _calls(row, "break_even"),
            _calls(row, "break_even_warm"),
            _recompiles(row),
        )
    )


def _time(row: Mapping[str, Any], name: str) -> Cell:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if not units.known(low):
        return Cell(units.time(row[name]), row[name])
    start, _, unit = units.time(low).partition(" ")
    ends = f"{start if units.time(high).endswith(f' {unit}') else units.time(low)} to {units.time(high)}"
    return Cell(units.time(row[name]), row[name], ends)


def _calls(row: Mapping[str, Any], name: str) -> Cell:
    if row["pays_off"] == payback.UNCLEAR:
        return Cell("unclear", row[name], f"from {units.digits(row[f'{name}_low'])}")
    calls, _, ends = evidence.paid_back(row, name).partition(" (")
    return Cell(calls or units.NONE, row[name], ends.removesuffix(")"))


def _recompiles(row: Mapping[str, Any]) -> Cell:
    if not units.known(row["new_shapes"]):
        return Cell(units.NONE)
    count = f"{units.count(row['recompiles'])} of {units.count(row['new_shapes'])}"
    return Cell(count, row["recompiles"], units.time(row["recompile"]) if row["recompiles"] else "")


def _command(view: View) -> Code:
    """The command that measures the component's first calls, beside the variants that they are compared with."""
    return Code(f"{launcher()} run -k {shlex.quote(view.problem.name + '/')} --compile-cost", python=False)
