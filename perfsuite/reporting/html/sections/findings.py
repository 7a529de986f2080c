"""What this run teaches first: its most instructive findings, chosen by rule."""

from __future__ import annotations

import re

from perfsuite.reporting.canvas.choice import Palette
from perfsuite.reporting.html.blocks import Card, Cards, Code, Link, Picture, Section, marked
from perfsuite.reporting.leading.findings import Finding, findings
from perfsuite.reporting.plots.bars import bars
from perfsuite.reporting.view import View, explain_command, page_of

UNITS = re.compile(r"(?<=\d) (?=(?:ns|µs|ms|s|min|%|B|KiB|MiB|GiB)\b)")


def render(view: View) -> Section | None:
    """A card for each finding; left out if there is none."""
    cards = tuple(_card(found, view.of(found.problem).colors) for found in findings(view))
    return Section("findings", "What this run shows", (Cards(cards),), "finding") if cards else None


def _card(found: Finding, colors: Palette) -> Card:
    return Card(
        title=found.kind[0].upper() + found.kind[1:],
        about=Link(found.problem.title, page_of(found.problem.name)),
        says=marked(_glued(found.says)),
        picture=Picture(bars(found, colors)),
        where=found.where,
        why=marked(_glued(found.why)),
        command=_explained(found),
    )


def _glued(text: str) -> str:
    """``text`` with its numbers and their units on one line."""
    return UNITS.sub("\u00a0", text)


def _explained(found: Finding) -> Code | None:
    """The command that explains the difference of the two cells, where there are two."""
    return Code(explain_command(*found.cells), python=False) if len(found.cells) == 2 else None
