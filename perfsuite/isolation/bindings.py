"""Detect rebinding: record what names of Python, numpy, torch and this suite are bound to, and report what changed.

A variant runs in the same process as the clock and the loop that time it, and as its rivals. It could replace
``torch.softmax`` by a slow version and keep the original for itself, or set the clock back. So all bindings are
recorded when a worker starts, before a variant is imported, and compared later. A new name is harmless, because imports
add many, unless it hides what that name referred to before. To watch another module, add one word to ``watched.py``.
Runs in a worker; torch is imported in the functions.

A variant written against this file could disable it, because it runs in the same process. It catches tricks and
mistakes; whether a result is right is judged in another process.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from types import FunctionType, ModuleType
from typing import Any

from perfsuite.isolation.spaces import Look, Part, Space
from perfsuite.isolation.usual import content, usual
from perfsuite.isolation.watched import ARITIES, COMPONENTS, KERNELS, OFTEN, OURS, VMAP, watched
from perfsuite.measuring import timing
from perfsuite.proving import answer

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]  # CPython: functions here call these, even if a builtin is replaced


IMMUTABLE = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE
INSIDE: Mapping[type, tuple[str, ...]] = {
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    property: ("fget", "fset", "fdel"),
    partial: ("func",),
    type(cache(len)): ("__wrapped__",),
}


def _does(_: str, value: Any) -> bool:
    """Whether a value is callable, or is a module or a descriptor, through which callables are found."""
    return callable(value) or isinstance(value, ModuleType) or hasattr(type(value), "__get__")


def _any(*_: object) -> bool:
    return True


class Bindings:
    """What all watched names were bound to when this object was created."""

    def __init__(self) -> None:
        import torch

        self._spaces: list[Space] = []
        self._parts = (
            Part("__code__", "the code of"),
            Part("__defaults__", "the defaults of"),
            Part("__kwdefaults__", "the defaults of"),
        )
        self._cells = Part("cell_contents", "what is enclosed by")
        self._kernels = Part("_op", "the kernels of")
        self._seen: set[int] = set()
        self._modules: set[str] = set()
        self._space("sys.modules", sys.modules, keep=lambda name, _: watched(name))
        self._add(watched)
        for arity in range(ARITIES):
            self._function(f"the timing loop of {arity} arguments", timing._loop(arity))
        self._space("perfsuite.proving.answer.bound()", vars(answer.bound()), keep=_any)
        self._space("torch.ops.aten", vars(torch.ops.aten))
        for name, packet in vars(torch.ops.aten).items():
            if isinstance(packet, torch._ops.OpOverloadPacket):
                self._kernels.note(f"torch.ops.aten.{name}", packet)
        self._impls, self._registered = torch.library._impls, set(torch.library._impls)
        self._dump = torch._C._dispatch_dump
        known = set(torch._C._dispatch_get_all_op_names())
        self._dumps = {name: self._dump(f"aten::{name}") for name in KERNELS if f"aten::{name}" in known}
        self._look()

    def more(self) -> None:
        """Record modules of this suite loaded in the meantime, before the next file of variants is imported."""
        if self._add(lambda name: name.split(".")[0] in OURS):
            self._look()

    def _add(self, wanted: Callable[[str], bool]) -> bool:
        """Record the ``wanted`` modules that are new, and the classes in them; returns whether there were any."""
        modules = [(name, one) for name, one in list(sys.modules.items()) if isinstance(one, ModuleType)]
        new = {name: one for name, one in modules if wanted(name) and name not in self._modules}
        self._modules |= set(new)
        classes: dict[type, str] = {}
        for title, module in new.items():
            self._module(title, module)
            for name, value in list(vars(module).items()):
                if isinstance(value, type) and watched(value.__module__):
                    names = (f"{title}.{name}", classes.get(value, f"{title}.{name}"))
                    classes[value] = min(names, key=lambda one: (len(one), not one.startswith(value.__module__)))
        for kind, title in classes.items():
            self._class(title, kind)
        return bool(new)

    def _look(self) -> None:
        self._whole = Look(self._spaces)
        self._often = Look(space for space in self._spaces if space.title in OFTEN)

    def changed(self) -> list[str]:
        """What is bound to something else now, one phrase each: ``replaces torch.softmax``."""
        told = self._told(self._whole)
        for part in (*self._parts, self._cells, self._kernels):
            told += part.changed()
        return sorted(dict.fromkeys([*told, *self._registrations(), *self._imports()]))

    def changed_often(self) -> list[str]:
        """Like :meth:`changed`, for the few names that the time of a sample depends on directly."""
        return self._told(self._often)

    def _told(self, look: Look) -> list[str]:
        """The differences, one phrase each; the usual changes by libraries are accepted from now on."""
        told = []
        for change in list(look.changed()):
            if usual(change.full_name, change.before, change.now):
                self._put(change.space, change.name, change.now)
            else:
                told.append(str(change))
        return told

    def put(self, title: str, name: str, value: Any) -> None:
        """Expect ``value`` at a name from now on."""
        self._put(next(space for space in self._spaces if space.title == title), name, value)

    def _put(self, space: Space, name: str, value: Any) -> None:
        space.put(name, value)
        for look in (self._whole, self._often):
            look.put(space, name, value)

    def _registrations(self) -> Iterator[str]:
        for key in self._impls - self._registered:
            library, name, kind = key.split("/")
            if library == "aten" and kind != VMAP:
                yield f"registers aten/{name} for {kind}"
        for name, dump in self._dumps.items():
            now = self._dump(f"aten::{name}")
            if now != dump and _kernels(now) != _kernels(dump):
                yield f"registers another kernel of aten/{name}"

    def _imports(self) -> Iterator[str]:
        for name in list(sys.modules):
            if name.startswith(COMPONENTS) and name not in self._modules:
                yield f"imports {name}"

    def _module(self, name: str, module: ModuleType) -> None:
        ours = name.split(".")[0] in OURS
        self._space(name, vars(module), (vars(sys.modules["builtins"]),), keep=_any if ours else _does)
        for key, value in list(vars(module).items()) if ours else ():
            if key == "__path__":  # of a folder without __init__.py: computed again whenever sys.path changes
                continue
            if not isinstance(value, type | ModuleType | FunctionType) and hasattr(value, "__dict__"):
                kinds = tuple(vars(kind) for kind in type(value).__mro__)
                self._space(f"{name}.{key}", vars(value), kinds, keep=_any)

    def _class(self, title: str, kind: type) -> None:
        if id(kind) in self._seen or kind.__flags__ & IMMUTABLE:
            return
        self._seen.add(id(kind))
        self._space(title, vars(kind), tuple(vars(other) for other in kind.__mro__[1:]))

    def _space(
        self,
        title: str,
        now: Mapping[str, Any],
        behind: tuple[Mapping[str, Any], ...] = (),
        keep: Callable[[str, Any], bool] = _does,
    ) -> None:
        noted = {name: value for name, value in list(now.items()) if value is not None and keep(name, value)}
        self._spaces.append(Space(title, now, behind, list(noted), list(noted.values()), set(now)))
        for name, value in noted.items():
            self._function(f"{title}.{name}", value)

    def _function(self, title: str, value: Any) -> None:
        """Record the Python functions in ``value``, including those behind a decorator or a property."""
        if id(value) in self._seen or isinstance(value, type | ModuleType):
            return
        if isinstance(value, FunctionType):
            self._seen.add(id(value))
            for part in self._parts:
                if getattr(value, part.attribute) is not None:
                    part.note(f"{value.__module__}.{value.__qualname__}" if value.__module__ else title, value)
            for cell in value.__closure__ or ():
                inner = content(cell)
                if isinstance(inner, FunctionType):
                    self._cells.note(title, cell)
                    self._function(title, inner)
        else:
            for name in INSIDE.get(type(value), ()):
                self._function(title, getattr(value, name))


def _kernels(dump: str) -> list[str]:
    """The lines of an operator's dispatch table, without those that torch adds on first use."""
    return [line for line in dump.splitlines() if not line.startswith(VMAP)]


@cache
def taken() -> Bindings:
    """The bindings at the first call of this function: in a worker, before any variant is imported."""
    return Bindings()


@contextmanager
def replaced(module: ModuleType, name: str, value: Any) -> Iterator[None]:
    """Temporarily bind a name of a module to ``value``; for replacements made by this suite itself."""
    bound, before = taken(), getattr(module, name)
    setattr(module, name, value)
    bound.put(module.__name__, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)
        bound.put(module.__name__, name, before)
