"""The outcome of a step of a cell: an exception becomes a status and a one-line reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from perfsuite.host import shared_memory
from perfsuite.isolation import compiling, surroundings
from perfsuite.measuring import prepared
from perfsuite.model.printable import cut, visible
from perfsuite.proving import gate

NOTED = 150  # maximum characters of an exception's text if it has notes
ERROR = re.compile(r"^.*\b(?:fatal )?error:.*$", re.MULTILINE)  # the format of gcc, clang, nvcc and Triton
LINKER = re.compile(r"^.*(?:undefined reference|cannot find -l|No such file or directory).*$", re.MULTILINE)


class Broken(Exception):
    """A file of variants cannot be imported; the message says why."""


def attempt(step: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run one step of one cell and turn exceptions into a status; no exception of a variant escapes.

    ``"file": True`` in the answer means that all cells of the component's file would fail in the same way.
    """
    try:
        return {"status": "ok", "reason": "", **step()}
    except prepared.Missing as problem:
        return {"status": "skipped", "reason": _line(str(problem))}
    except gate.Wrong as problem:
        return {"status": "wrong", "reason": _line("; ".join([str(problem), *getattr(problem, "__notes__", ())]))}
    except surroundings.Spoiled as problem:
        return {"status": "error", "reason": _line(str(problem)), "file": True}
    except compiling.NotCompiled as problem:
        return {"status": "error", "reason": str(problem)}
    except surroundings.Changed as problem:
        return {"status": "error", "reason": _line(str(problem))}
    except Broken as problem:
        return {"status": "error", "reason": _line(str(problem)), "file": True}
    except BaseException as problem:
        status = "oom" if _out_of_memory(problem) else "error"
        first = _first(_text(problem))
        if isinstance(problem, NotImplementedError) and first.startswith("needs "):
            return {"status": "skipped", "reason": _line(first)}
        return {"status": status, "reason": reason_of(problem)}


def reason_of(problem: BaseException) -> str:
    """An exception in one line that is safe to print: its type, its first line, and a compiler's error line if any."""
    text = _text(problem)
    first = _first(text).rstrip(":")
    notes = getattr(problem, "__notes__", ())  # further findings, which may be the real cause
    words = [type(problem).__name__, cut(first, NOTED) if notes else first]
    if (error := _compilers_line(text)) and error not in first:
        words.append(error)
    words.append(shared_memory.hint(text))
    return _line("; ".join([": ".join(filter(None, words)), *notes]))


def _text(problem: BaseException) -> str:
    try:
        return str(problem)
    except Exception as another:  # __str__ may be a variant's code too
        return f"({type(another).__name__} while formatting its message)"


def _first(text: str) -> str:
    return (text.strip().splitlines() or [""])[0]


def _compilers_line(text: str) -> str:
    """The error line of a compiler or a linker in a multi-line text."""
    found = ERROR.search(text) or LINKER.search(text)
    return found[0].strip() if found else ""


def _line(text: str) -> str:
    return cut(visible(" ".join(text.split("\n"))), 500)


def _out_of_memory(problem: BaseException) -> bool:
    text = _text(problem)
    return (
        isinstance(problem, MemoryError)
        or type(problem).__name__ == "OutOfMemoryError"
        or "can't allocate memory" in text
        or "Cannot allocate memory" in text
    )
