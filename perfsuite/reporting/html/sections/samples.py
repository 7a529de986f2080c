"""Every sample in time order: whether a time is steady, drifts, or depends on the process that took it."""

from __future__ import annotations

from perfsuite.reporting.html.blocks import Picture, Section
from perfsuite.reporting.plots.strips import samples
from perfsuite.reporting.view import View


def render(view: View) -> Section | None:
    """The samples of the lead case."""
    cells = view.lead()
    if cells is None:
        return None
    drawing = samples([view.records[cell] for cell in cells["cell"]], view.colors)
    return Section("samples", "Samples in time order", (Picture(drawing),)) if drawing else None
