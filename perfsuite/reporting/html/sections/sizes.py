"""Time against size, a figure for each series, device and number of threads: where each variant is the right choice."""

from __future__ import annotations

from perfsuite.reporting.frame import grouped
from perfsuite.reporting.html.blocks import Block, Picture, Section, prose
from perfsuite.reporting.plots.curves import curves
from perfsuite.reporting.view import View


def render(view: View) -> Section | None:
    """The main figure of a component."""
    cells = view.frame[(view.frame["series"] != "") & ~view.frame["cold"]]
    drawings = [
        curves(curve, view.problem.baseline, view.run.roofs, view.colors)
        for _, curve in grouped(cells, "series", "device", "threads")
    ]
    pictures: tuple[Block, ...] = tuple(Picture(drawing) for drawing in drawings if drawing)
    if not pictures:
        return None
    lead = prose(
        "A flat curve is bound by the cost of calls, a steep one by work; where two cross, the faster variant changes."
    )
    return Section("sizes", "Time against size", (lead, *pictures))
