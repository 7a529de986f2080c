"""Where components are declared, read from the source files, so that listing them imports nothing."""

from __future__ import annotations

import ast
import importlib.metadata
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from perfsuite.project.packages import FIRST, PROJECT
from perfsuite.project.settings import TABLE

ROOT = PROJECT.root
COMPONENTS = ROOT / Path(*PROJECT.components.split("."))
OFFERED = "perfsuite.components"
WHOLE = "COMPONENT"  # the name that a file assigns a complete component to
ASSIGNED = re.compile(rf"^{WHOLE}\b", re.MULTILINE)
DECORATED = re.compile(r"^@(?:\w+\.)*component\b", re.MULTILINE)


@dataclass(frozen=True)
class Declaration:
    """Where one component is declared."""

    path: Path | None  # None: of an installed package
    module: str  # "perf.attention"
    name: str  # "attn", or WHOLE

    @property
    def file(self) -> str:
        """The file relative to the root of the project, as shown to users."""
        return self.path.relative_to(ROOT).as_posix() if self.path else self.module


@cache
def declarations() -> dict[str, Declaration]:
    """Every component by name, in the alphabetical order of the files.

    Raises:
        ValueError: a configured folder does not exist, or two components have the same name.
    """
    for what, folder in (("components", COMPONENTS), ("package", FIRST)):
        if not folder.is_dir() and not offered():
            told = f"[tool.perfsuite] in {ROOT / TABLE} sets where they are"
            also = ", and none of that name is installed" if what == "package" and "/" not in PROJECT.package[0] else ""
            raise ValueError(f"no {what}: {folder} does not exist{also}; {told}, and `perfsuite init` writes it")
    found: dict[str, Declaration] = {}
    for path in sorted(COMPONENTS.rglob("*.py")):
        parts = path.relative_to(COMPONENTS).with_suffix("").parts
        if any(part.startswith(("_", ".")) for part in parts):
            continue
        for name in _declared(path):
            component = ".".join(parts if name == WHOLE else (*parts, name))
            module = ".".join((PROJECT.components, *parts))
            if component in found:
                raise ValueError(f"{found[component].file} and {path} both declare {component!r}: rename one of them")
            found[component] = Declaration(path, module, name)
    for name, one in offered().items():
        found.setdefault(name, one)
    return found


@cache
def offered() -> dict[str, Declaration]:
    """The components that installed packages offer, by the entry points of the group ``perfsuite.components``.

    An entry point ``attention = "mylib.perf:attn"`` is the component ``mylib.attention``.
    """
    found = {}
    for point in importlib.metadata.entry_points(group=OFFERED):
        top = point.module.split(".")[0]
        found[f"{top}.{point.name}"] = Declaration(None, point.module, point.attr or WHOLE)
    return found


def _declared(path: Path) -> list[str]:
    """The names of the components that a file declares."""
    text = path.read_text(encoding="utf-8", errors="replace")
    found = [WHOLE] if ASSIGNED.search(text) else []
    if not DECORATED.search(text):
        return found
    try:
        module = ast.parse(text)
    except SyntaxError as problem:
        raise ValueError(f"{path} is not valid Python: {problem}") from problem
    names = [node.name for node in module.body if isinstance(node, ast.FunctionDef) and _decorated(node)]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise ValueError(f"{path} declares two components named {twice!r}: rename one of them")
    return found + names


def _decorated(function: ast.FunctionDef) -> bool:
    for mark in function.decorator_list:
        called = mark.func if isinstance(mark, ast.Call) else mark
        if ast.unparse(called).split(".")[-1] == "component":
            return True
    return False


def by_decorator() -> bool:
    """Whether any component is declared by a decorated function, so that each side has its own copy of its file."""
    return any(one.name != WHOLE and one.path for one in declarations().values())
