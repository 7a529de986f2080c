"""Colour and line breaks for text in a terminal."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Mapping
from typing import TextIO

from perfsuite.model.printable import visible

Paint = Callable[..., str]  # (text, *codes) -> text
BOLD, DIM, GREEN, RED, YELLOW = "1", "2", "32", "31", "33"


def wants_color(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether ``stream`` should get colour: NO_COLOR, FORCE_COLOR and TERM=dumb decide first, in this order."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return environment["FORCE_COLOR"] != "0"
    return environment.get("TERM") != "dumb" and stream.isatty()


def ink(color: bool) -> Paint:
    """The function that colours text, or the one that leaves it as it is."""
    return _paint if color else _plain


def _plain(text: str, *_: str) -> str:
    return text


def _paint(text: str, *codes: str) -> str:
    return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if text.strip() else text


def wrapped(text: str, width: int, paint: Paint, *codes: str, most: int = 1000) -> list[str]:
    """``text`` over as many lines as it needs, at most ``most``; a word that is longer than a line stays whole."""
    text = visible(text)
    indent = " " * (len(text) - len(text.lstrip()))
    lines = textwrap.wrap(
        text.strip(),
        max(width, 40),
        initial_indent=indent,
        subsequent_indent=indent + "    ",
        break_long_words=False,
        break_on_hyphens=False,
        max_lines=most,
        placeholder=" …",
    )
    return [paint(line, *codes) for line in lines]
