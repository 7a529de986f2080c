"""The classical roofline: arithmetic per second against arithmetic per byte."""

from __future__ import annotations

from perfsuite.reporting.frame import grouped
from perfsuite.reporting.html.blocks import Block, Picture, Section
from perfsuite.reporting.plots.roofline import roofline
from perfsuite.reporting.view import View


def render(view: View) -> Section | None:
    """A figure for each series, device and number of threads with the roofs it needs."""
    cells = view.frame[(view.frame["series"] != "") & ~view.frame["cold"]]
    drawings = [
        roofline(curve, view.problem.baseline, view.run.roofs, view.colors)
        for _, curve in grouped(cells, "series", "device", "threads")
    ]
    pictures: tuple[Block, ...] = tuple(Picture(drawing) for drawing in drawings if drawing)
    return Section("roofline", "Roofline", pictures) if pictures else None
