"""What a page is made of: plain values that sections return and the templates draw. No markup is written here.

The texts in blocks are untrusted; the templates escape all of them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from perfsuite.model.printable import cut
from perfsuite.reporting.html.code import tokens
from perfsuite.reporting.plots.drawing import Drawing, svg


@dataclass(frozen=True)
class Mono:
    """A word of code within a sentence."""

    text: str


@dataclass(frozen=True)
class Link:
    """A link within a sentence; ``href`` is relative, and made by this project."""

    text: str
    href: str


SOURCE = 50_000  # characters of a piece of code

BACKQUOTED = re.compile(r"``?([^`]+)``?")

Part = str | Mono | Link


@dataclass(frozen=True)
class Prose:
    """A paragraph. ``tone`` is "", "lead", "note" or "warning"."""

    kind: ClassVar[str] = "prose"
    parts: tuple[Part, ...]
    tone: str = ""


def marked(text: str) -> tuple[Part, ...]:
    """``text``, with what is between backquotes, single or double, as code."""
    pieces = BACKQUOTED.split(text)  # text, code, text, code, ...
    return tuple(Mono(piece) if at % 2 else piece for at, piece in enumerate(pieces) if piece)


def prose(*parts: Part, tone: str = "") -> Prose:
    """A paragraph of these parts."""
    return Prose(parts, tone)


@dataclass(frozen=True)
class Facts:
    """Names with their values."""

    kind: ClassVar[str] = "facts"
    rows: tuple[tuple[str, str], ...]
    wide: bool = False  # one name a line, for long values


@dataclass(frozen=True)
class Code:
    """A piece of Python, coloured; or a command."""

    kind: ClassVar[str] = "code"
    source: str
    python: bool = True

    @property
    def tokens(self) -> list[tuple[str, str]]:
        """``(kind, text)`` in order; joined, they are the source."""
        source = cut(self.source, SOURCE)
        return tokens(source) if self.python else [("", source)]


@dataclass(frozen=True)
class Picture:
    """A figure with its alternative text and its caption."""

    kind: ClassVar[str] = "picture"
    drawing: Drawing

    @property
    def address(self) -> str:
        """The figure as a data URL, which needs no file; an image can neither run scripts nor load anything."""
        return "data:image/svg+xml;base64," + base64.b64encode(svg(self.drawing.figure).encode()).decode()


@dataclass(frozen=True)
class Details:
    """Blocks that are folded away until the reader opens them."""

    kind: ClassVar[str] = "details"
    summary: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table; ``hint`` says what it holds."""

    title: str
    number: bool = False
    hint: str = ""
    wide: bool = False  # holds sentences


@dataclass(frozen=True)
class Cell:
    """A cell of a table."""

    text: str
    sort: float | str | None = None  # the sort key, if it is not the text; None is always last
    small: str = ""  # a second, quieter line
    mono: bool = False
    href: str = ""
    tone: str = ""  # "best", "bad", "quiet": always beside a word or a sign that says the same
    span: int = 1  # columns; a cell that spans several holds text


@dataclass(frozen=True)
class Row:
    """A row of a table: its first cell is its name."""

    cells: tuple[Cell, ...]
    anchor: str = ""
    facets: Mapping[str, str] = field(default_factory=dict)  # what it can be filtered by
    best: bool = False
    below: tuple[Block, ...] = ()  # shown under the row, over its whole width


@dataclass(frozen=True)
class Table:
    """A table that is complete without a script; the script adds sorting, and filtering by ``facets``."""

    kind: ClassVar[str] = "table"
    name: str  # its part of the page's address
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # name -> values to choose from
    search: str = ""  # label of the search field; "" for none
    noun: str = "rows"  # what is counted
    last: Row | None = None  # stays at the foot, however the table is sorted

    @property
    def filterable(self) -> bool:
        """Whether there are enough rows to search or filter."""
        return len(self.rows) >= 6 and bool(self.search or self.facets)

    @property
    def with_below(self) -> bool:
        """Whether any row has something under it."""
        return any(row.below for row in self.rows)


@dataclass(frozen=True)
class Section:
    """A part of a page with a heading."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


Block = Prose | Facts | Code | Picture | Details | Table


def facets(rows: tuple[Row, ...], *names: str) -> dict[str, tuple[str, ...]]:
    """The values of each facet in ``rows``, in their order; a facet with only one value is left out."""
    values = {name: tuple(dict.fromkeys(row.facets[name] for row in rows)) for name in names}
    return {name: found for name, found in values.items() if len(found) > 1}
