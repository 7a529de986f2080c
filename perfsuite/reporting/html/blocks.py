"""What a page is made of: plain values that sections return and the templates draw. No markup is written here.

The texts in blocks are untrusted; the templates escape all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from perfsuite.model.printable import cut
from perfsuite.reporting.canvas.drawing import Drawing
from perfsuite.reporting.canvas.svg import address
from perfsuite.reporting.html.code import tokens
from perfsuite.reporting.html.flames import Flame


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
KEY = 200  # characters of a text by which a table is sorted
BRIEF = 24  # characters of a text that stays on one line

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
    """A piece of Python, coloured; or a command, which can be copied."""

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
        return address(self.drawing.figure)


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
    facet: bool = False  # of an index: can be filtered by what it shows

    def classes(self, cell: Cell) -> str:
        """The style of ``cell`` in this column: a number (n) never breaks, and neither does a short text (b)."""
        number = self.number and cell.span == 1
        usual = "wide" if self.wide else "b" if len(cell.text) <= BRIEF and not number else ""
        return " ".join(filter(None, ("n" * number, usual, cell.tone)))


@dataclass(frozen=True)
class Cell:
    """A cell of a table."""

    text: str
    sort: float | str | None = None  # the sort key, if it is not the text; None is always last
    small: str = ""  # a second, quieter line
    mono: bool = False
    copy: bool = False  # whether it is a command, which can be copied
    href: str = ""
    tone: str = ""  # "best", "bad", "quiet": always beside a word or a sign that says the same
    span: int = 1  # columns; a cell that spans several holds text

    @property
    def key(self) -> str:
        """The sort key: of a number its first six digits, which order rows as well as all do; of a text its start."""
        return f"{self.sort:.6g}" if isinstance(self.sort, float) else cut(str(self.sort), KEY)


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

    def chosen(self, row: Row) -> str:
        """For each facet, the place of the row's value among those to choose from; the first is 1."""
        return " ".join(str(values.index(row.facets[name]) + 1) for name, values in self.facets.items())

    @property
    def with_below(self) -> bool:
        """Whether any row has something under it."""
        return any(row.below for row in self.rows)


@dataclass(frozen=True)
class Line:
    """A row of an index: an address, and a text for each column, the first of which leads to the address."""

    href: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Index:
    """A long table in few bytes: plain text, filtered by what its columns show, numbers sorted as they are shown."""

    kind: ClassVar[str] = "index"
    name: str
    caption: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    search: str
    noun: str = "rows"

    @property
    def facets(self) -> dict[int, tuple[str, ...]]:
        """The values of the columns that can be filtered by, in alphabetical order; by the column's place."""
        places = [at for at, column in enumerate(self.columns) if column.facet]
        return {at: tuple(sorted({line.texts[at] for line in self.lines} - {""}, key=natural)) for at in places}


@dataclass(frozen=True)
class Card:
    """A finding: its heading, what it is about, a sentence, a small figure, and what explains it."""

    title: str
    about: Link
    says: tuple[Part, ...]
    picture: Picture
    where: str
    why: tuple[Part, ...] = ()
    command: Code | None = None


@dataclass(frozen=True)
class Cards:
    """Findings beside each other."""

    kind: ClassVar[str] = "cards"
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Section:
    """A part of a page with a heading, which the glossary explains under ``word`` or the title."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    word: str = ""
    hint: str = ""  # what the heading means, if it is no word of the glossary


Block = Prose | Facts | Code | Picture | Details | Table | Index | Cards | Flame


def natural(text: str) -> list[tuple[int, int | str]]:
    """A sort key by which ``16`` comes before ``128``."""
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in re.split(r"(\d+)", text) if part]


def facets(rows: tuple[Row, ...], *names: str) -> dict[str, tuple[str, ...]]:
    """The values of each facet in ``rows``, in their order; a facet with only one value is left out."""
    values = {name: tuple(dict.fromkeys(row.facets[name] for row in rows)) for name in names}
    return {name: found for name, found in values.items() if len(found) > 1}
