"""What a figure is made of: lines, areas, marks and words at places in points, in a few named colours.

A figure knows no format: :mod:`perfsuite.reporting.canvas.svg` writes it for the pages and
:mod:`perfsuite.reporting.canvas.raster` for TensorBoard. The origin is the upper left corner, y grows downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from perfsuite.model.printable import visible

INK, FAINT, PAPER = "#1d2126", "#6b7280", "#fefefe"
HUES = {  # Okabe and Ito's palette: light page -> dark page, lightened or darkened where its contrast was below 3
    "#0072b2": "#56a8e0",
    "#d55e00": "#f07f2e",
    "#009e73": "#1fbf94",
    "#b0568f": "#dd92c0",
    "#b87700": "#e69f00",
    INK: "#e6e8eb",
    "#7a7000": "#e3d84a",
    "#3d9bd4": "#a5d8f7",
}
TINTS = {  # backgrounds of words in INK, for what is not a variant: light page -> dark page
    "#c9d7e6": "#2f4256",
    "#f0d3bd": "#5b3f28",
    "#c3dfd2": "#28493e",
    "#e6cfdd": "#523a4b",
    "#ece0b8": "#4d4423",
    "#d3d3ea": "#3b3c5c",
    "#efcccc": "#5a3636",
    "#d6e2b0": "#414d26",
}
DARK = {**HUES, FAINT: "#9aa3ae", PAPER: "#15181c"}  # each can be read on the page, on which PAPER is no colour
COLORS = {**DARK, **TINTS}
SYMBOLS = "os^DvPX*"  # circle, square, triangle, diamond, triangle down, plus, cross, star
DASHES: dict[str, tuple[float, ...]] = {"compile": (5, 3), "cudagraph": (1.5, 2.5), "eager": ()}
WIDTH = 620.0  # points, of every figure
BODY, SMALL = 10.0, 8.5  # sizes of words in points

Point = tuple[float, float]


@dataclass(frozen=True)
class Strokes:
    """Lines, each through its points. A line of one point is a dot with the width of the line."""

    lines: Sequence[Sequence[Point]]
    color: str
    width: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True)
class Area:
    """A filled polygon."""

    points: Sequence[Point]
    color: str
    opacity: float = 1.0


@dataclass(frozen=True)
class Marks:
    """The same symbol at several places."""

    symbol: str  # one of SYMBOLS
    points: Sequence[Point]
    color: str
    size: float = 5.0
    hollow: bool = False


@dataclass(frozen=True)
class Words:
    """A line of text; ``at`` is the start, the middle or the end of its baseline, as ``anchor`` says."""

    text: str
    at: Point
    color: str = INK
    size: float = SMALL
    anchor: str = "start"
    mono: bool = False
    angle: float = 0.0  # degrees, anticlockwise around ``at``
    halo: bool = True  # a rim in the colour of the page, which keeps the text apart from lines


Item = Strokes | Area | Marks | Words


@dataclass
class Figure:
    """Items in the order in which they are drawn."""

    height: float
    width: float = WIDTH
    items: list[Item] = field(default_factory=list)

    def add(self, *items: Item) -> None:
        """Draw these on top."""
        self.items += items

    @property
    def words(self) -> list[Words]:
        """Every text of the figure."""
        return [item for item in self.items if isinstance(item, Words)]


@dataclass(frozen=True)
class Drawing:
    """A figure with its alternative text and its caption."""

    figure: Figure
    alt: str  # the result in words
    caption: str


def short(name: str, most: int = 28) -> str:
    """``name`` cut to ``most`` characters: its ends stay, the middle is left out."""
    name = visible(name)
    return name if len(name) <= most else f"{name[: most - 9]}…{name[-8:]}"


def box(left: float, top: float, right: float, bottom: float) -> list[Point]:
    """The corners of a rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]
