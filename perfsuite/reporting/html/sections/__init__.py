"""The sections of the pages, in the order in which they are read.

A section is a module with ``render(view) -> Section | None``; ``None`` leaves it out. A project with its own
sections lists them in their package, in ``START`` and ``COMPONENT``, where it can name those of this package too.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

from perfsuite.project.catalogue import PROJECT

START = (
    "findings",
    "changes",
    "ranking",
    "components",
    "comparison",
    "published",
    "missing",
    "limits",
    "machine",
)
COMPONENT = (
    "ladder",
    "parts",
    "sizes",
    "crossover",
    "published",
    "memory",
    "scaling",
    "compiling",
    "breakeven",
    "roofline",
    "samples",
    "cells",
    "missing",
    "about",
)
CELLS = ("index",)  # of the page with all cells


def listed() -> Any:
    """The package with the lists: the project's own sections, or this package."""
    return PROJECT.module("sections") or sys.modules[__name__]


def module(name: str) -> Any:
    """The section called ``name``: the project's own, or the one of this package."""
    own = f"{PROJECT.sections}.{name}"
    found = own if PROJECT.sections and importlib.util.find_spec(own) else f"{__name__}.{name}"
    return importlib.import_module(found)
