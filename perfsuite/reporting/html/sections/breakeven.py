"""After how many calls compiling has paid off, for each case in which the same variant was timed with and without."""

from __future__ import annotations

import math

from perfsuite.reporting.html.blocks import Picture, Section
from perfsuite.reporting.plots.breakeven import breakeven, paybacks
from perfsuite.reporting.view import View

MOST = 2  # figures: those in which compiling pays off first


def render(view: View) -> Section | None:
    """A figure for the cases in which compiling pays off after the fewest calls."""
    found = [some for cells in view.groups() if (some := paybacks(cells))]
    ordered = sorted(found, key=lambda some: min(one.calls for one in some))
    shown = [some for some in ordered if any(math.isfinite(one.calls) for one in some)] or ordered[:1]
    pictures = tuple(Picture(drawing) for some in shown[:MOST] if (drawing := breakeven(some, view.colors)))
    return Section("breakeven", "When compiling pays off", pictures) if pictures else None
