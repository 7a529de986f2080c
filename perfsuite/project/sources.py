"""What the source of a tree says about a variant: its lesson, its code, what it needs."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from perfsuite.model.record import Variant
from perfsuite.project import packages

Defined = ast.FunctionDef | ast.ClassDef


def of_file(path: Path) -> tuple[Variant, ...]:
    """The public functions of a file, in order; none without the file.

    Raises:
        ValueError: the file is not valid Python.
    """
    if not path.exists():
        return ()
    text, module = parsed(path)
    public = [node for node in module.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    return tuple(_variant(node, text) for node in public)


def of_references(references: Mapping[str, str], tree: Path) -> tuple[Variant, ...]:
    """The variants that a component lists, without those that ``tree`` does not have."""
    found = []
    for name, reference in references.items():
        module, _, path = reference.partition(":")
        top = module.split(".")[0]
        file = packages.file_of(module, tree)
        if file is None and top in packages.PROJECT.measured:
            continue
        if file is None:
            file = _beside(module)
        text, parsed_file = parsed(file) if file else ("", ast.Module([], []))
        node = _node(parsed_file, path)
        if node is not None:
            found.append(_variant(node, text, name))
        elif file is None or top not in packages.PROJECT.measured or _may_have(parsed_file, path):
            found.append(Variant(name, "", "", "", hashlib.sha256(reference.encode()).hexdigest()[:16]))
    return tuple(found)


def names(module: str, tree: Path) -> list[str]:
    """The functions and classes that a module of a package defines; none where it is not there."""
    file = packages.file_of(module, tree)
    return [node.name for node in parsed(file)[1].body if isinstance(node, Defined)] if file else []


def _beside(module: str) -> Path | None:
    """The file of a project module outside the measured packages, such as a wrapper beside a component."""
    path = packages.PROJECT.root.joinpath(*module.split(".")).with_suffix(".py")
    return path if path.is_file() else None


@cache
def parsed(path: Path) -> tuple[str, ast.Module]:
    """The text of a file and its syntax tree.

    Raises:
        ValueError: it is not valid Python.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        return text, ast.parse(text)
    except SyntaxError as problem:
        raise ValueError(f"{path} is not valid Python: {problem}") from problem


def _node(module: ast.Module, path: str) -> Defined | None:
    """The function or class with the qualified name ``path``; ``None`` if there is none."""
    body, found = module.body, None
    for part in path.split("."):
        found = next((one for one in body if isinstance(one, Defined) and one.name == part), None)
        if found is None:
            return None
        body = found.body
    return found


def _may_have(module: ast.Module, path: str) -> bool:
    """Whether the module may still define the name: assigned, imported, or created at run time."""
    first = path.split(".")[0]
    words = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
    for node in ast.walk(module):
        if isinstance(node, ast.Import | ast.ImportFrom):
            words |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return bool(words & {first, "*", "globals", "setattr", "__getattr__"})


def _variant(node: Defined, text: str, name: str = "") -> Variant:
    lines = text.splitlines()
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    source = "\n".join(lines[first - 1 : node.end_lineno])
    doc = ast.get_docstring(node) or ""
    needs: tuple[str, ...] = ()
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func).split(".")[-1] == "needs":
            needs = tuple(ast.literal_eval(word) for word in mark.args)
    return Variant(
        name=name or node.name,
        lesson=" ".join(doc.split("\n\n")[0].split()),
        doc=doc,
        source=source,
        hash=hashlib.sha256(source.encode()).hexdigest()[:16],
        needs=needs,
        prepared=any(ast.unparse(mark).split(".")[-1] == "prepared" for mark in node.decorator_list),
    )
