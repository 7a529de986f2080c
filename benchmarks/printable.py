"""Text that is safe to print, whoever wrote it: a variant's exception, a record file, a name on the command line."""

from __future__ import annotations

import unicodedata

PLAIN = {"\u200d"}  # joins the parts of one emoji


def visible(text: str) -> str:
    """``text`` with whatever moves the cursor, hides or turns the direction written out, as Python escapes it."""
    return "".join(letter if _harmless(letter) else letter.encode("unicode_escape").decode() for letter in text)


def cut(text: str, most: int) -> str:
    """``text``, or so much of it that it is ``most`` characters long with a sign that there was more."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _harmless(letter: str) -> bool:
    return letter in PLAIN or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
