"""Where a call's time goes, for components that time their parts: a bar for each variant, and a table of the parts."""

from __future__ import annotations

from collections.abc import Sequence

from perfsuite.reporting import glossary, units
from perfsuite.reporting.html.blocks import Block, Cell, Column, Picture, Row, Section, Table, prose
from perfsuite.reporting.plots.parts import AGREE, Split, bars, names, split
from perfsuite.reporting.view import View, group_name, safe


def render(view: View) -> Section | None:
    """A figure and a table for each group whose variants have timed parts."""
    blocks: list[Block] = []
    for cells in view.groups():
        splits = [found for cell in cells["cell"] if (found := split(view.records[cell]))]
        if drawing := bars(splits):
            blocks += [Picture(drawing), _table(group_name(cells), splits)]
    if not blocks:
        return None
    lead = prose(
        "How long each part took, its share, and how many times as fast a call would be if that part took no time: the "
        "most that can be gained in one part."
    )
    return Section("parts", "Where the time goes", (lead, *blocks))


def _table(group: str, splits: Sequence[Split]) -> Table:
    rows = [Row((Cell(name), *(_part(one, name) for one in splits))) for name in names(splits)]
    columns = (Column("Part"), *(Column(one.way, True, glossary.meaning("variant")) for one in splits))
    last = Row((Cell("All parts"), *map(_sum, splits)))
    return Table(f"parts-{safe(group)}", f"Parts of a call: {group}", columns, tuple(rows), last=last)


def _part(one: Split, name: str) -> Cell:
    if name not in one.parts:
        return Cell("")
    share, without = units.percent(one.share(name)), units.times(one.without(name))
    return Cell(units.time(one.parts[name]), one.parts[name], f"{share}, {without} without")


def _sum(one: Split) -> Cell:
    """The sum of the parts, beside the whole; marked if they do not add up."""
    apart = f"{units.percent(abs(one.gap))} {'more' if one.gap > 0 else 'less'} than the whole, {units.time(one.whole)}"
    if abs(one.gap) > AGREE:
        return Cell(f"! {units.time(one.together)}", one.together, f"{apart}: they do not add up", tone="bad")
    return Cell(units.time(one.together), one.together, apart)
