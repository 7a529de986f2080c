"""Make text from any source safe to print: a variant's exception, a record file, a name on the command line."""

from __future__ import annotations

import codecs
import difflib
import io
import re
import unicodedata
from collections.abc import Iterable

PLAIN = {"\u200d"}  # joins the parts of one emoji
REASON = 300  # characters of a reason that one line of a screen shows
SIGNS = {"×": "x", "·": "|", "±": "~", "µ": "u", "–": "-", "−": "-", "—": "-", "…": "~", "→": ">", "←": "<"}
SIGNS |= {"✓": "+", "✗": "-", "≶": "~", "○": "o", "∞": "inf", "“": '"', "”": '"', "‘": "'", "’": "'"}
READABLE = "readable"  # the name of the error handler below
RAW = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters but tab and line feed; surrogates


def visible(text: str) -> str:
    """``text`` with Python escapes for every character that moves the cursor, is invisible or changes direction."""
    if text.isprintable():  # the usual case
        return text
    return "".join(letter if _harmless(letter) else _escaped(letter) for letter in text)


def near(name: str, known: Iterable[str]) -> str:
    """Ask whether another name was meant, if a known one is nearly the same; "" otherwise."""
    close = difflib.get_close_matches(name, list(known), 1)
    return f": did you mean {close[0]!r}?" if close else ""


def legible(text: str) -> str:
    """``text`` for a text file: control characters and lone surrogates are escaped."""
    return text if text.isprintable() else RAW.sub(lambda found: _escaped(found[0]), text)


def cut(text: str, most: int) -> str:
    """``text``, shortened to ``most`` characters including an ellipsis if it is longer."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def one_line(text: str, most: int = 2 * REASON) -> str:
    """``text`` as one harmless line of a screen: cut first, because it may be of any length."""
    return visible(cut(text, most))


def many_lines(text: str, most: int = 10_000) -> str:
    """``text`` made harmless line by line: line breaks stay, and no line is longer than ``most``."""
    return "\n".join(one_line(one, most) for one in text.split("\n"))


def readable(streams: Iterable[object]) -> None:
    """From now on, replace characters that the encoding of a stream cannot represent by plainer ones or escapes.

    A terminal with an ASCII locale must not lose a measurement.
    """
    codecs.register_error(READABLE, _replaced)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=READABLE)


def _replaced(problem: UnicodeError) -> tuple[str, int]:
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    lost = problem.object[problem.start : problem.end]
    return "".join(SIGNS.get(one) or one.encode("unicode_escape").decode() for one in lost), problem.end


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def _harmless(letter: str) -> bool:
    return letter in PLAIN or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
