"""Modules that must not come from elsewhere: a measured package is imported only as the copy that this worker has.

A worker of two trees has each package under two private names. Code that uses the plain name there (an import by a
string, a plugin, data that is read by the name of its package) would get what is installed, the same for both trees.
"""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any


class Refusing(importlib.abc.MetaPathFinder):
    """Refuses the plain names of packages, and notes who asked for them."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self.asked: list[str] = []

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        """Nothing for other names.

        Raises:
            ModuleNotFoundError: for these.
        """
        if name.split(".")[0] not in self.names:
            return None
        self.asked.append(f"{_asker()} imports {name!r} by that name")
        raise ModuleNotFoundError(f"{name!r} has another name in a process of two trees", name=name)


def refuse(names: Iterable[str]) -> Refusing:
    """Refuse ``names`` in this process from now on."""
    finder = Refusing(names)
    sys.meta_path.insert(0, finder)
    return finder


def strangers(names: Collection[str], where: Path, compiled: bool = False) -> list[str]:
    """What was asked for or imported under a plain name and did not come from below ``where``, a phrase each.

    With ``compiled``, also the packages that torch.compile knows by their plain names.
    """
    refusing = [one for one in sys.meta_path if isinstance(one, Refusing)]
    asked = [text for one in refusing for text in one.asked]
    asked += known_to_compiler(names) if compiled and refusing else []
    tops, root = set(names), where.resolve()
    found = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.split(".")[0] in tops and file and not Path(file).resolve().is_relative_to(root):
            found.append(f"{name} was loaded from {file}")
    return [*dict.fromkeys(asked), *found]


def known_to_compiler(names: Iterable[str]) -> list[str]:
    """The packages that torch.compile treats in a way of their own, a phrase each: under another name it does not.

    Of einops it takes the functions into a graph without looking inside; others it never traces.
    """
    rules = sys.modules.get("torch._dynamo.trace_rules")
    known = {*getattr(rules, "_lazy_module_init", ()), *getattr(rules, "THIRDPARTY_SKIPLIST", ())}
    return [f"torch.compile knows {name!r} by that name" for name in names if name in known]


def _asker() -> str:
    """The file and line of the import that is going on."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if not code.co_filename.startswith("<frozen") and "/importlib/" not in code.co_filename.replace("\\", "/"):
            parts = Path(code.co_filename).parts
            return f"{'/'.join(parts[-2:])}, line {frame.f_lineno},"
        frame = frame.f_back
    return "something"
