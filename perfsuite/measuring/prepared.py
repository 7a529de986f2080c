"""Make a variant ready to be called repeatedly: prepared, compiled or captured as a graph, and closed at the end."""

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

from perfsuite.measuring import executors
from perfsuite.model.component import Inputs


class Missing(Exception):
    """A variant cannot run here; the message starts with ``needs``."""


@dataclass(frozen=True)
class Prepared:
    """A callable with the arguments it is timed with."""

    call: Callable[..., Any]
    args: Inputs
    close: Callable[[], None]
    plain: Callable[[], Any] | None  # the uncompiled call, for counting operators; None if not available

    def __call__(self) -> Any:
        """One call."""
        return self.call(*self.args)


def _nothing() -> None:
    """Nothing to close."""


def missing(needs: Sequence[str], executor: str, device: str) -> str:
    """Why a variant with these marks cannot run here: ``needs numba``; empty if it can."""
    wanted = [*needs, *(["cuda"] if device == "cuda" else [])]
    if any(part.startswith("compile") for part in executors.parts(executor)):
        wanted.append("triton" if device == "cuda" else "c++")
    if executors.CAPTURED in executors.parts(executor):
        wanted.append("cuda")
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
    """The compiler that torch's compiler calls: the one named by CXX, or the system's default."""
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
        Missing: it needs something that is not available here.
        ValueError: the executor does not exist.
    """
    try:
        if getattr(function, "__prepared__", False):
            ready = function(*inputs)
            return Prepared(ready, (), getattr(ready, "close", _nothing), ready)
        plain = _bound(function, inputs)
        call = executors.applied(executor, function)
        if executors.CAPTURED in executors.parts(executor):
            return _captured(_bound(call, inputs))
        return Prepared(call, inputs, _nothing, plain)
    except Exception as problem:
        raise _explained(problem) from problem


def _bound(function: Callable[..., Any], inputs: Inputs) -> Callable[[], Any]:
    return lambda: function(*inputs)


def _explained(problem: Exception) -> Exception:
    """The exception as :class:`Missing` if its message starts with ``needs``; otherwise unchanged."""
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
    """The first call, in which a variant may still report a missing requirement.

    Raises:
        Missing: it needs something that is not available here.
    """
    try:
        return ready()
    except Exception as problem:
        raise _explained(problem) from problem
