"""Files that others wrote: JSON into our own values, or one line that says where the file is damaged, and how.

What a value must be is said by its type, a frozen dataclass or a ``TypedDict``. What a type cannot say is in
``perfsuite.records.sound``. Everything that is wrong is a ``ValueError``. Only this module knows msgspec, and imports
it when a file is read: a run on a machine that lacks it ends well.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from perfsuite.model.printable import cut, visible

T = TypeVar("T")

LARGEST = 1e30  # no time, size or rate comes near it, and what is computed from such numbers stays finite
DEEPEST = 20  # levels of what a machine tells of itself
LONGEST = 200  # characters of a cell or a value in a message


class Missing(ValueError):
    """What reads files is not installed: no file is to blame."""


@contextlib.contextmanager
def damage(path: Path, where: str = "", remedy: str = "") -> Iterator[None]:
    """What is wrong inside is damage of ``path``, at ``where``.

    Raises:
        ValueError: something is; one line that names the file, the place and the field.
    """
    try:
        yield
    except Missing:
        raise
    except ValueError as problem:
        parts = (f"{path} is damaged", where, str(problem), remedy)
        raise ValueError(": ".join(part for part in parts if part)) from None


def told(value: object) -> str:
    """``value`` in a message: on one line, harmless to print, and short."""
    return cut(visible(str(value)), LONGEST)


def packed(path: Path) -> list[bytes]:
    """The lines of a gzipped file.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is no gzip, or not all of it is there.
    """
    try:
        return whole(gzip.decompress(path.read_bytes()))
    except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
        raise ValueError(told(problem)) from None


def whole(content: bytes) -> list[bytes]:
    """The lines of a file; the last may lack its line feed."""
    lines = content.split(b"\n")
    return lines if lines[-1] else lines[:-1]


def kept(path: Path) -> list[bytes]:
    """The lines of a file that lines are added to, without their line feeds; a torn last one is dropped."""
    return path.read_bytes().split(b"\n")[:-1]


class _Refused(ValueError):
    """JSON that a strict reader does not take."""


def parsed(text: bytes) -> dict[str, Any]:
    """A JSON object, read strictly: every key once, no NaN, no infinity.

    Raises:
        ValueError: it is none.
    """
    try:
        data = json.loads(text.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_number)
    except UnicodeDecodeError as problem:
        raise ValueError(f"is not UTF-8 at byte {problem.start + 1}") from None
    except json.JSONDecodeError as problem:
        raise ValueError(f"is not JSON: {problem.msg} at character {problem.pos + 1}") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except _Refused:
        raise
    except ValueError:  # Python reads no integer of more than 4,300 digits
        raise ValueError("holds a number of thousands of digits") from None
    if not isinstance(data, dict):
        raise ValueError(f"is not an object, but {type(data).__name__}")
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Refused(f"{told(next(name for name in names if names.count(name) > 1))}: is there twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise _Refused(f"holds {name}, which is no number")


def value(data: Any, kind: type[T]) -> T:
    """``data``, as JSON gives it, as a ``kind``: no key more, none less but those with a default, every type exact.

    Raises:
        ValueError: it is none; names the field.
    """
    try:
        import msgspec
    except ImportError:
        raise Missing("reading a record needs msgspec: pip install msgspec") from None
    try:
        found = msgspec.convert(data, kind)
    except msgspec.ValidationError as problem:
        raise ValueError(_located(str(problem))) from None
    except UnicodeEncodeError:  # msgspec tries to read any text as a number or a date
        raise ValueError("half a character (a lone surrogate) stands where no text belongs") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    _agree(found, data, "")
    return found


def _located(message: str) -> str:
    """The library's message with the field first: ``launches[0].calls: expected int, got str``."""
    what, _, where = message.replace("`", "").partition(" - at ")
    where = where.removeprefix("key in ").removeprefix("$").removeprefix(".")
    if missing := re.fullmatch(r"Object missing required field (\S+)", what):
        return f"{where}{'.' * bool(where)}{missing[1]}: is missing"
    what = f"{what[:1].lower()}{what[1:]}"
    return f"{where}: {what}" if where else what


def _agree(found: Any, data: Any, where: str, depth: int = 0) -> None:
    """Refuse what conversion lets pass: keys that nobody knows, and numbers that nothing can be computed from.

    ``found`` is what ``data`` was converted to; what may be anything is the same in both.
    """
    if depth > DEEPEST:
        raise ValueError(f"{told(where)}: is nested too deeply")
    if isinstance(found, float | int):
        raise ValueError(f"{where}: {cut(str(found), 40)} is out of range")
    if isinstance(found, tuple | list):
        for at, item in enumerate(found):
            if not _fine(item):
                _agree(item, data[at], f"{where}[{at}]", depth + 1)
        return
    known = found if isinstance(found, dict) else found.__dataclass_fields__  # a TypedDict leaves out what is unknown
    for name in data:
        inner = f"{where}.{told(name)}" if where else told(name)
        if name not in known:
            raise ValueError(f"{inner}: is not a field that this version knows")
        item = found[name] if isinstance(found, dict) else getattr(found, name)
        if not _fine(item):
            _agree(item, data[name], inner, depth + 1)


def _fine(item: Any) -> bool:
    """Whether there is nothing more to look at: a text, or a number that can be computed with.

    nan passes: it stands for a source without a figure, and is in no JSON.
    """
    return item is None or isinstance(item, str) or (isinstance(item, float | int) and not abs(item) > LARGEST)
