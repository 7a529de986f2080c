"""The cells without a time, and why; and what the selection left out, with the command that measures it."""

from __future__ import annotations

from perfsuite.reporting.commands import launcher, runnable
from perfsuite.reporting.html.blocks import Block, Cell, Code, Column, Row, Section, Table, prose
from perfsuite.reporting.missing import Gap, gaps
from perfsuite.reporting.view import View


def render(view: View) -> Section | None:
    """Reasons with counts, failures first."""
    found = gaps(view.frame)
    blocks: list[Block] = []
    if found:
        columns = (Column("Status"), Column("Cells", True), Column("Reason", wide=True))
        blocks.append(Table("missing", "Cells without a time, by reason", columns, tuple(map(_row, found))))
    if view.run.left_out and view.start:
        blocks.append(prose(f"Left out of this run: {runnable(view.run.left_out)}", tone="note"))
    if view.run.partial:
        blocks.insert(0, prose("This run was interrupted. What is missing can still be measured:", tone="warning"))
        blocks.insert(1, Code(f"{launcher()} run --resume", python=False))
    return Section("missing", "Without a time", tuple(blocks)) if blocks else None


def _row(gap: Gap) -> Row:
    quiet = gap.status == "skipped"
    return Row(
        (
            Cell(f"{'○' if quiet else '!'} {gap.status}", tone="quiet" if quiet else "bad"),
            Cell(f"{len(gap.cells):,}", len(gap.cells)),
            Cell(gap.reason, small=_some(gap.cells)),
        )
    )


def _some(cells: tuple[str, ...], most: int = 3) -> str:
    """The first of ``cells``, and how many more."""
    more = f" and {len(cells) - most:,} more" if len(cells) > most else ""
    return ", ".join(cells[:most]) + more
