"""The sections of the pages, in the order in which they are read. A new one is a file here and a line below.

A section is a module with ``render(view) -> Section | None``; ``None`` leaves it out. Those that have no file here are
the engine's: ``perfsuite/reporting/html/sections``.
"""

from perfsuite.reporting.html import sections as engine

START = (
    "findings",
    "changes",
    "ranking",
    "components",
    "comparison",
    "claims",
    "published",
    "workers",
    "missing",
    "limits",
    "machine",
)
COMPONENT = (*engine.COMPONENT,)  # unchanged
