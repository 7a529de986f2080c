"""Peak memory against time: what a faster variant costs in memory."""

from __future__ import annotations

from perfsuite.reporting.html.blocks import Picture, Section
from perfsuite.reporting.plots.memory import memory
from perfsuite.reporting.view import View


def render(view: View) -> Section | None:
    """The lead case of a component."""
    cells = view.lead()
    drawing = memory(cells, view.problem.baseline, view.colors) if cells is not None else None
    return Section("memory", "Memory against time", (Picture(drawing),)) if drawing else None
