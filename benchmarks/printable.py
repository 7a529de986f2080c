"""Text that is safe to print, whoever wrote it: a variant's exception, a record file, a name on the command line."""

from __future__ import annotations

import re
import unicodedata

PLAIN = {"\u200d"}  # joins the parts of one emoji
RAW = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]"
)  # control characters but tab and line feed; half characters


def visible(text: str) -> str:
    """``text`` with whatever moves the cursor, hides or turns the direction written out, as Python escapes it."""
    if text.isprintable():  # almost all is
        return text
    return "".join(letter if _harmless(letter) else _escaped(letter) for letter in text)


def legible(text: str) -> str:
    """``text`` for a file that holds lines of text: control characters and half characters are written out."""
    return RAW.sub(lambda found: _escaped(found[0]), text)


def cut(text: str, most: int) -> str:
    """``text``, or so much of it that it is ``most`` characters long with a sign that there was more."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def _harmless(letter: str) -> bool:
    return letter in PLAIN or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
