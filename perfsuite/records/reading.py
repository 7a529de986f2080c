"""Read untrusted files: JSON becomes typed values, or a one-line error says where and how the file is damaged.

The type of a value, a frozen dataclass or a ``TypedDict``, defines its format. Rules that a type cannot express are in
``perfsuite.records.sound``. Every error is a ``ValueError``. Only this module uses msgspec, and imports it when a file
is read, so that a run works on a machine without it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args, get_type_hints

from perfsuite.model.printable import cut, visible

T = TypeVar("T")

LARGEST = 1e30  # far above any time, size or rate, and small enough that computations with it stay finite
DEEPEST = 20  # maximum nesting of the machine's description
LONGEST = 200  # maximum characters of a cell or a value in a message
_decoders: dict[type[Any], Any] = {}  # of each kind of line that is read in part


class Missing(ValueError):
    """The library that reads files is not installed; the file is not damaged."""


@contextlib.contextmanager
def damage(path: Path, where: str = "", remedy: str = "") -> Iterator[None]:
    """Report a ``ValueError`` raised inside as damage of ``path``, at ``where``.

    Raises:
        ValueError: the damage, as one line that names the file, the place and the field.
    """
    try:
        yield
    except Missing:
        raise
    except ValueError as problem:
        parts = (f"{path} is damaged", where, str(problem), remedy)
        raise ValueError(": ".join(part for part in parts if part)) from None


def told(value: object) -> str:
    """``value`` for a message: one line, safe to print, and short."""
    return cut(visible(str(value)), LONGEST)


def packed(path: Path) -> list[bytes]:
    """The lines of a gzipped file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not gzip, or is truncated.
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
    """The lines of an append-only file, without line feeds; an incomplete last line is dropped."""
    return path.read_bytes().split(b"\n")[:-1]


class _Refused(ValueError):
    """JSON that strict parsing rejects."""


def parsed(text: bytes) -> dict[str, Any]:
    """A JSON object, parsed strictly: no duplicate keys, no NaN, no infinity.

    Raises:
        ValueError: it is not such an object.
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
    except ValueError:  # Python does not parse integers of more than 4,300 digits
        raise ValueError("contains a number with thousands of digits") from None
    if not isinstance(data, dict):
        raise ValueError(f"is not an object, but {type(data).__name__}")
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Refused(f"{told(next(name for name in names if names.count(name) > 1))}: appears twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise _Refused(f"contains {name}, which is not a number")


def value(data: Any, kind: type[T]) -> T:
    """Convert parsed JSON to ``kind``: no unknown keys, no missing keys without a default, and exact types.

    Raises:
        ValueError: it does not fit; the message names the field.
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
        raise ValueError("contains half a character (a lone surrogate) where no text is allowed") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    _agree(found, data, "")
    return found


def lean(lines: Sequence[bytes], kind: type[T]) -> list[T]:
    """Lines of JSON as values with the fields of ``kind``, a dataclass; other fields are skipped, which is fast.

    What is returned has these fields and types, but is no instance of ``kind``. Fields of ``kind`` have scalar types or
    are lists of these or of such dataclasses.

    Raises:
        ValueError: a line is not JSON or does not fit; the message names the first such line, counted from 1.
    """
    try:
        import msgspec
    except ImportError:
        raise Missing("reading a record needs msgspec: pip install msgspec") from None
    decoder = _decoder(kind)
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(decoder.decode(line))
        except msgspec.MsgspecError as problem:
            where = f"line {number}: " if len(lines) > 1 else ""
            raise ValueError(f"{where}{_located(str(problem))}") from None
        except (RecursionError, UnicodeError):
            raise ValueError(f"line {number}: is not JSON that can be read") from None
    return found


def _decoder(kind: type[Any]) -> Any:
    """The reader of lines of ``kind``, made once."""
    import msgspec

    if kind not in _decoders:
        _decoders[kind] = msgspec.json.Decoder(_struct(kind))
    return _decoders[kind]


def _struct(kind: type[Any]) -> Any:
    """``kind`` as a struct of msgspec, which is read faster than a dataclass."""
    import msgspec

    types = get_type_hints(kind)
    fields: list[Any] = []
    for one in dataclasses.fields(kind):
        item = next(iter(get_args(types[one.name])), None)
        of: Any = list[_struct(item)] if dataclasses.is_dataclass(item) else types[one.name]  # type: ignore[misc,arg-type]
        if one.default_factory is not dataclasses.MISSING:
            fields.append((one.name, of, msgspec.field(default_factory=one.default_factory)))
        else:
            fields.append((one.name, of, *([] if one.default is dataclasses.MISSING else [one.default])))
    return msgspec.defstruct(kind.__name__, fields, gc=False)


def _located(message: str) -> str:
    """The message of msgspec with the field first: ``launches[0].calls: expected int, got str``."""
    what, _, where = message.replace("`", "").partition(" - at ")
    where = where.removeprefix("key in ").removeprefix("$").removeprefix(".")
    if missing := re.fullmatch(r"Object missing required field (\S+)", what):
        return f"{where}{'.' * bool(where)}{missing[1]}: is missing"
    what = f"{what[:1].lower()}{what[1:]}"
    return f"{where}: {what}" if where else what


def _agree(found: Any, data: Any, where: str, depth: int = 0) -> None:
    """Reject what the conversion accepts: unknown keys, and numbers that are out of range.

    ``found`` is the converted ``data``; values of type ``Any`` are the same in both.
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
    known = found if isinstance(found, dict) else found.__dataclass_fields__  # a TypedDict drops unknown keys
    for name in data:
        inner = f"{where}.{told(name)}" if where else told(name)
        if name not in known:
            raise ValueError(f"{inner}: is not a field that this version knows")
        item = found[name] if isinstance(found, dict) else getattr(found, name)
        if not _fine(item):
            _agree(item, data[name], inner, depth + 1)


def _fine(item: Any) -> bool:
    """Whether ``item`` needs no further check: None, text, or a number in range.

    nan passes: it stands for a source without a figure, and never comes from the JSON itself.
    """
    return item is None or isinstance(item, str) or (isinstance(item, float | int) and not abs(item) > LARGEST)


def entries(path: Path, missing: str, keep: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """The lines of a record that ``keep`` wants, parsed; a truncated last line is dropped.

    ``keep`` also validates: its ValueError is reported with the number of the line.

    Raises:
        FileNotFoundError: there is no file; the message is ``missing``.
        ValueError: the record is damaged.
    """
    if not path.is_file():
        raise FileNotFoundError(missing)
    found = []
    for number, text in enumerate(kept(path), start=1):
        with damage(path, f"line {number}"):
            entry = parsed(text)
            if keep(entry):
                found.append(entry)
    return found
