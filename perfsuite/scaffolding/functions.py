"""Find a function or a class by name in the source of a package, so that nothing is imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from perfsuite.model.printable import near
from perfsuite.project import sources

REFERENCE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
HOPS = 10  # re-exports to follow
COMPILERS = ("compile", "jit", "script")  # calls whose result is called like their first argument
Defined = ast.FunctionDef | ast.ClassDef
Folders = Mapping[str, Path]  # import name -> folder of a package


@dataclass(frozen=True)
class Target:
    """What was named, and where it is defined."""

    module: str  # as it was named: "mylib.attention"
    name: str
    node: Defined | None  # None: it is assigned or created at run time, and its parameters are not known


def top(reference: str) -> str:
    """The import name of the package of ``"mylib.attention:fused"``.

    Raises:
        ValueError: it is something else.
    """
    if not REFERENCE.fullmatch(reference):
        path = reference.removeprefix("./").removeprefix("src/").replace(".py:", ":").removesuffix(".py")
        path = path.replace("/", ".")
        path = path if ":" in path else ":".join(path.rsplit(".", 1))
        meant = f": did you mean {path!r}?" if REFERENCE.fullmatch(path) else ""
        raise ValueError(f"{reference!r} is not MODULE:FUNCTION, such as mylib.attention:fused{meant}")
    return reference.partition(":")[0].partition(".")[0]


def find(reference: str, folders: Folders) -> Target:
    """The function or class that ``reference`` names; modules that import it from others are followed.

    Raises:
        ValueError: there is no such module or name, or it is something else.
    """
    module, _, name = reference.partition(":")
    if _file(module, folders) is None:
        known = [one for package in folders for one in modules(package, folders)]
        raise ValueError(f"no module {module!r}{near(module, known)} in {_places(folders)}")
    if _file(f"{module}.{name}", folders) is not None:
        inner = f"{module}.{name}"
        example = next((f": name a function of it, such as {inner}:{one}" for one in public(inner, folders)), "")
        raise ValueError(f"{reference!r} is a module{example}")
    try:
        node = _definition(module, name, folders, HOPS)
    except KeyError:
        told = near(name, [*public(module, folders)])
        raise ValueError(f"no function {name!r}{told} in {_file(module, folders)}") from None
    if isinstance(node, ast.ClassDef) and not is_module(node):
        raise ValueError(f"{reference!r} is a class, and no torch.nn.Module: name a function, or a module's class")
    return Target(module, name, node)


def public(module: str, folders: Folders) -> list[str]:
    """The names of the functions and classes that a module defines for others."""
    path = _file(module, folders)
    nodes = _statements(sources.parsed(path)[1].body) if path else ()
    return [node.name for node in nodes if isinstance(node, Defined) and not node.name.startswith("_")]


def modules(package: str, folders: Folders) -> Iterator[str]:
    """The modules of a package by their import names, without private ones and tests."""
    folder = folders[package]
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if all(part.isidentifier() and not part.startswith("_") and part not in ("test", "tests") for part in parts):
            yield ".".join((package, *parts))


def imports_torch(module: str, folders: Folders) -> bool:
    """Whether the file of a module has the word ``torch``."""
    path = _file(module, folders)
    return path is not None and "torch" in sources.parsed(path)[0]


def method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    """A method that the class itself defines."""
    return next((one for one in _statements(node.body) if isinstance(one, ast.FunctionDef) and one.name == name), None)


def is_module(node: ast.ClassDef) -> bool:
    """Whether a class seems to be a ``torch.nn.Module``: by its bases, or because it has a ``forward``."""
    return any("Module" in ast.unparse(base) for base in node.bases) or method(node, "forward") is not None


def _file(module: str, folders: Folders) -> Path | None:
    package, _, rest = module.partition(".")
    stem = folders[package].joinpath(*rest.split(".")) if rest else folders[package]
    return next((path for path in (stem / "__init__.py", stem.with_suffix(".py")) if path.is_file()), None)


def _places(folders: Folders) -> str:
    return " and ".join(str(folder) for folder in folders.values())


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module or class, including those below ``if`` and ``try``."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try):
            yield from _statements(node.body)
            for handler in getattr(node, "handlers", ()):
                yield from _statements(handler.body)
            yield from _statements(node.orelse)


def _definition(module: str, name: str, folders: Folders, hops: int) -> Defined | None:
    """The definition of a name; ``None`` if it exists and has none that can be read.

    Raises:
        KeyError: the module has no such name.
    """
    path = _file(module, folders) if module.partition(".")[0] in folders else None
    if path is None or not hops:
        return None
    nodes = list(_statements(sources.parsed(path)[1].body))
    for node in reversed(nodes):  # the last definition counts
        if isinstance(node, Defined) and node.name == name:
            return node
        if isinstance(node, ast.ImportFrom):
            origin = _absolute(node, module, path)
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _definition(origin, alias.name, folders, hops - 1)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                other = _wrapped(node.value)
                return _definition(module, other, folders, hops - 1) if other else None
    for node in reversed(nodes):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            origin = _absolute(node, module, path)
            try:
                return _definition(origin, name, folders, hops - 1) if origin.partition(".")[0] in folders else None
            except KeyError:
                continue
    if any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in nodes):
        return None
    raise KeyError(name)


def _wrapped(value: ast.expr) -> str:
    """The name that an assignment gives another name to, maybe compiled; "" if it is something else."""
    if isinstance(value, ast.Call) and value.args and ast.unparse(value.func).split(".")[-1] in COMPILERS:
        value = value.args[0]
    return value.id if isinstance(value, ast.Name) else ""


def _absolute(node: ast.ImportFrom, module: str, path: Path) -> str:
    """The module that an import names, whether it is relative or not."""
    parts = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    above = parts[: len(parts) - node.level + 1] if node.level else []
    return ".".join([*above, *filter(None, [node.module])])
