"""What changed between two commits: one row for each cell, the differences first."""

from __future__ import annotations

from perfsuite.judging.record import Comparison
from perfsuite.judging.record import Row as Compared
from perfsuite.reporting import units
from perfsuite.reporting.commands import runnable
from perfsuite.reporting.comparison import wording
from perfsuite.reporting.html.blocks import Cell, Code, Column, Facts, Row, Section, Table, facets, prose
from perfsuite.reporting.view import View

TONES = {"SLOWER": "bad", "ERROR": "bad", "UNTRUSTED": "bad", "FASTER": "best", "SAME": "quiet"}


def render(view: View) -> Section | None:
    """The newest comparison of two commits on this kind of machine."""
    return table(view.comparison) if view.comparison else None


def table(found: Comparison) -> Section:
    """All cells of a comparison."""
    rows = tuple(map(_row, wording.ordered(found, every=True)))
    columns = (
        Column("Cell, and what explains the verdict", wide=True),
        Column("Verdict"),
        Column("Change", True),
        Column("BASE", True),
        Column("Epochs", True),
        Column("Cost", True),
    )
    cells = Table(
        "comparison", "All cells", columns, rows, facets(rows, "verdict"), search="Search cells", noun="cells"
    )
    lead = prose(f"{wording.headline(found)}.", tone="lead")
    left = tuple((cell, reason) for cell, reason in found.skipped.items())
    facts = {name: fact for name, fact in wording.facts(found).items() if name != "Repeat"}
    again = Code(runnable(found.options.command), python=False)
    blocks = (lead, cells, Facts(tuple(facts.items()), wide=True), again)
    return Section("comparison", "What changed", (*blocks, Facts(left, wide=True)) if left else blocks)


def _row(row: Compared) -> Row:
    epochs = (Cell(str(row.epochs), row.epochs), Cell(units.time(row.seconds), row.seconds))
    return Row(
        (
            Cell(row.cell, small=wording.why(row)),
            Cell(row.verdict, tone=TONES.get(row.verdict, "")),
            Cell(wording.change(row.ratio), row.ratio, wording.between(row)),
            Cell(units.time(row.base), row.base),
            *(epochs if row.epochs else (Cell(""), Cell(""))),
        ),
        facets={"verdict": row.verdict},
    )
