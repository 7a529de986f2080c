"""A differential flame graph as values that a template draws: places in a picture of fixed width, texts, tones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from perfsuite.explaining.flame import Box

WIDTH, HEIGHT = 1000, 19  # of the picture, and of a level, in its own units
LETTER, MARGIN, LEAST = 6.2, 8, 3  # width of a letter, of both margins, and the fewest letters worth drawing


@dataclass(frozen=True)
class Frame:
    """One frame of the picture."""

    x: float
    y: float
    width: float
    text: str  # as much of the name as fits
    title: str  # the tooltip
    tone: str  # "more1" ... "more4", "less1" ... "less4", "same"


@dataclass(frozen=True)
class Flame:
    """A flame graph in a page."""

    kind: ClassVar[str] = "flame"
    label: str  # what a screen reader says instead
    frames: tuple[Frame, ...]
    more: str  # the legend of red
    less: str  # the legend of blue

    @property
    def height(self) -> int:
        """The height of the picture."""
        return int(max((frame.y for frame in self.frames), default=0)) + HEIGHT


def flame(
    boxes: Sequence[Box], title: Callable[[Box], str], label: str, legend: tuple[str, str], turned: bool = False
) -> Flame:
    """The picture of ``boxes``; ``turned`` if red is what the other side spends more."""
    whole = max([0.0, *(max(box.here, box.other) for box in boxes)])
    largest = max([0.0, *(abs(box.here - box.other) for box in boxes)])
    frames = []
    for box in boxes:
        tone = box.tone(largest, whole)
        if turned:
            tone = tone.replace("more", "?").replace("less", "more").replace("?", "less")
        left, width = round(WIDTH * box.left, 2), round(WIDTH * box.width, 2)
        frames.append(Frame(left, box.depth * HEIGHT, width, _fitting(box.name, width), title(box), tone))
    return Flame(label, tuple(frames), *legend)


def _fitting(name: str, width: float) -> str:
    letters = int((width - MARGIN) / LETTER)
    if letters >= len(name):
        return name
    return f"{name[: letters - 1]}…" if letters >= LEAST else ""
