"""How many workers a DataLoader needs: the rule of thumb, and what this run says about it for each data set."""

from __future__ import annotations

from benchmarks.claims.book import WORKERS
from perfsuite.reporting import units
from perfsuite.reporting.html.blocks import Block, Cell, Column, Picture, Row, Section, Table, prose
from perfsuite.reporting.view import View, page_of
from reports import ledger
from reports.workers import Tried, figure, tried, turning, workers


def render(view: View) -> Section | None:
    """A figure and a table of every data set that was read with several numbers of workers."""
    sets = tried(view.run)
    drawing = figure(sets)
    if drawing is None:
        return None
    columns = (
        Column("Data set", hint="What the workers read: a component at one case"),
        Column("Samples", True, "How many samples an epoch has"),
        Column("A sample", True, "Its time in one process"),
        Column("An epoch", True, "Its time in one process"),
        *(Column(workers(number), True, "Times as fast as one process") for number in WORKERS if number),
        Column("2 persistent", True, "Times as fast as one process: two workers that were started in an earlier epoch"),
        Column("Best", hint="The fewest workers that no other number beats by more than 5 %"),
        Column("Rule of thumb", False, "Whether as many workers as cores, or twice as many, are the best number"),
    )
    table = Table("workers", "Data sets by the length of their epochs", columns, tuple(map(_row, sets)))
    blocks: tuple[Block, ...] = (prose(*_lead(view, sets)), Picture(drawing), table)
    return Section("workers", "How many workers", blocks, hint="The number of processes that read a data set fastest")


def _lead(view: View, sets: list[Tried]) -> tuple[str, ...]:
    cores = view.run.machine.get("cores")
    rule = "The rule of thumb: as many workers as cores, or twice as many"
    rule += f", here {cores} or {2 * cores}. " if isinstance(cores, int) else ". "
    holds = sum(one.verdict == "verified" for one in sets)
    return (rule, f"It holds for {holds} of {len(sets)} data sets. ", turning(sets))


def _row(one: Tried) -> Row:
    speeds = [*(one.speeds.get(number) for number in WORKERS if number), one.staying]
    sign = ledger.SIGNS[one.verdict]
    return Row(
        (
            Cell(one.problem.title, small=f"{one.problem.name} {one.case}", href=page_of(one.problem.name)),
            Cell(units.count(one.samples), one.samples),
            Cell(units.time(one.sample), one.sample),
            Cell(units.time(one.epoch), one.epoch),
            *(
                Cell(
                    units.times(speed.value),
                    speed.value,
                    units.span((speed.low, speed.high)) if speed.launches > 1 else "",
                )
                if speed
                else Cell(units.NONE)
                for speed in speeds
            ),
            Cell(workers(one.best) if one.best else "one process", one.best),
            Cell(f"{sign} {one.verdict}"),
        )
    )
