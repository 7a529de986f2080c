"""How a variant becomes something that can be called again and again: prepared, compiled or captured, then closed."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfsuite.model.component import Inputs


class Missing(Exception):
    """A variant cannot run here; the text starts with ``needs``."""


@dataclass(frozen=True)
class Prepared:
    """A callable with the arguments it is timed with."""

    call: Callable[..., Any]
    args: Inputs
    close: Callable[[], None]
    plain: Callable[[], Any] | None  # the uncompiled call, for counting operators; None if there is none

    def __call__(self) -> Any:
        """One call."""
        return self.call(*self.args)


def _nothing() -> None:
    """Nothing to close."""


def missing(needs: Sequence[str], executor: str, device: str) -> str:
    """Why a variant with these marks cannot run here: ``needs numba``; empty if it can."""
    wanted = [*needs, *(["cuda"] if device == "cuda" else [])]
    if executor == "compile" and device == "cpu":
        wanted.append("c++")
    if executor == "compile" and device == "cuda":
        wanted.append("triton")
    for what in dict.fromkeys(wanted):
        if reason := _MISSING.get(what, lambda what=what: _module(what))():
            return f"needs {reason}"
    return ""


def _module(name: str) -> str:
    return "" if importlib.util.find_spec(name) else name


def _cuda() -> str:
    import torch

    return "" if torch.cuda.is_available() else "cuda"


def _c_compiler() -> str:
    if not shutil.which("cc"):
        return "a C compiler (cc)"
    return "" if (Path(sysconfig.get_paths()["include"]) / "Python.h").exists() else "Python.h"


def _cpp_compiler() -> str:
    """The one that torch's compiler calls: what CXX names, or the system's usual one."""
    usual = "clang++" if sys.platform == "darwin" else "g++"
    words = shlex.split(os.environ.get("CXX", usual)) or [""]
    return "" if shutil.which(words[0]) else f"a C++ compiler ({words[0] or 'CXX is empty'})"


_MISSING: dict[str, Callable[[], str]] = {
    "cpu": lambda: "",
    "cuda": _cuda,
    "cc": _c_compiler,
    "c++": _cpp_compiler,
}


def prepare(function: Callable[..., Any], executor: str, inputs: Inputs) -> Prepared:
    """Make ``function`` ready to be timed on ``inputs`` under ``executor``.

    Raises:
        Missing: it says that it needs what is not here.
        ValueError: the executor does not exist.
    """
    try:
        if getattr(function, "__prepared__", False):
            ready = function(*inputs)
            return Prepared(ready, (), getattr(ready, "close", _nothing), ready)
        plain = _bound(function, inputs)
        if executor == "eager":
            return Prepared(function, inputs, _nothing, plain)
        if executor == "compile":
            import torch

            return Prepared(torch.compile(function, dynamic=False), inputs, _nothing, plain)
        if executor == "cudagraph":
            return _captured(plain)
    except Exception as problem:
        raise _explained(problem) from problem
    raise ValueError(f"no executor {executor!r}: there are eager, compile and cudagraph")


def _bound(function: Callable[..., Any], inputs: Inputs) -> Callable[[], Any]:
    return lambda: function(*inputs)


def _explained(problem: Exception) -> Exception:
    """The exception as :class:`Missing` where its text starts with ``needs``; any other as it is."""
    return Missing(str(problem).splitlines()[0]) if str(problem).startswith("needs ") else problem


def _captured(plain: Callable[[], Any]) -> Prepared:
    import torch

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            plain()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = plain()

    def replay() -> Any:
        graph.replay()
        return output

    return Prepared(replay, (), graph.reset, plain)


def first_call(ready: Prepared) -> Any:
    """The first call, in which a variant may still say that it needs what is not here.

    Raises:
        Missing: it does.
    """
    try:
        return ready()
    except Exception as problem:
        raise _explained(problem) from problem
