"""What has no time, and why; and what the selection left out, with the command for it."""

from __future__ import annotations

from reports.blocks import Block, Cell, Code, Column, Details, Prose, Row, Section, Table
from reports.missing import Gap, gaps
from reports.view import View


def render(view: View) -> Section | None:
    """Reasons with counts; what went wrong first."""
    found = gaps(view.frame)
    blocks: list[Block] = []
    if found:
        columns = (Column("Cells", True), Column("Status"), Column("Reason"))
        blocks.append(Table("missing", "Cells without a time, by reason", columns, tuple(map(_row, found))))
    if view.run.left_out and len(view.problems) == len(view.run.problems):
        blocks.append(Prose((f"The selection left out {view.run.left_out}",), "note"))
    if view.run.partial:
        blocks.insert(0, Prose(("This run was interrupted. What is missing can still be measured:",), "warning"))
        blocks.insert(1, Code("python -m benchmarks run --resume", python=False))
    return Section("missing", "Without a time", tuple(blocks)) if blocks else None


def _row(gap: Gap) -> Row:
    quiet = gap.status == "skipped"
    listed = Details("Which", (Code("\n".join(gap.cells), python=False),))
    return Row(
        (
            Cell(f"{len(gap.cells):,}", len(gap.cells)),
            Cell(f"{'○' if quiet else '!'} {gap.status}", tone="quiet" if quiet else "bad"),
            Cell(gap.reason),
        ),
        below=(listed,),
    )
