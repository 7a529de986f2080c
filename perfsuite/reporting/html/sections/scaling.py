"""Scaling with threads, for components that were timed on one thread and on all cores."""

from __future__ import annotations

from perfsuite.reporting.html.blocks import Picture, Section
from perfsuite.reporting.plots.scaling import scaling
from perfsuite.reporting.view import View


def render(view: View) -> Section | None:
    """The case with the most variants that were timed on both."""
    cores = view.run.machine.get("cores")
    drawing = scaling(view.frame, cores, view.colors) if isinstance(cores, int) else None
    return Section("scaling", "Scaling with threads", (Picture(drawing),)) if drawing else None
