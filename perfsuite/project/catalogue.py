"""The catalogue: variants, read from the source of ``impls``, components, and the cells that they span.

Names are read with ``ast``, so that listing needs no torch and asv sees the current names whatever commit it installs.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from perfsuite.model.cell import Cell
from perfsuite.model.component import Case, Component
from perfsuite.model.printable import near, one_line
from perfsuite.model.record import Problem, Variant
from perfsuite.project import packages, settings, sources
from perfsuite.project.declarations import COMPONENTS, ROOT, WHOLE, Declaration, declarations
from perfsuite.project.packages import FIRST, PROJECT, tree_hash
from perfsuite.project.settings import TODAY

__all__ = ["COMPONENTS", "IMPLS", "PROJECT", "ROOT", "tree_hash"]  # re-exported for other modules

SIDE = os.environ.get(settings.SIDE, "")  # in a worker with two trees: of the one that declares components
IMPLS = FIRST


@cache
def components() -> dict[str, Component]:
    """Every component by name, in the alphabetical order of their files."""
    return {name: component(name) for name in declarations()}


@cache
def component(name: str) -> Component:
    """The component ``name``; no other is imported.

    Raises:
        ValueError: there is no such component, its file cannot be imported, or declares another name.
    """
    if name not in declarations():
        raise ValueError(
            f"no component {name!r}{near(name, declarations())}: `{PROJECT.command} list` shows all of them"
        )
    where = declarations()[name]
    found: Component = getattr(_module(where), where.name)
    if where.name != WHOLE:
        named = {one: _plain(reference) for one, reference in found.variants.items()}
        return dataclasses.replace(found, name=name, variants=named)
    if found.name != name:
        raise ValueError(f"{where.file} declares the name {found.name!r}: rename it to {name!r}")
    return found


def _module(where: Declaration) -> Any:
    """The module that declares a component; in a worker with two trees, that of one side."""
    home, dot, rest = where.module.partition(".")
    if where.name == WHOLE and where.path:
        return importlib.import_module(where.module)
    importable()
    try:
        return importlib.import_module(f"{home}{SIDE if where.path else ''}{dot}{rest}")
    except ValueError:
        raise  # its message already says what is wrong
    except Exception as problem:
        if importlib.util.find_spec(f"{home}{TODAY}"):  # the measured tree lacks something that the component names
            return importlib.import_module(f"{home}{TODAY}{dot}{rest}")
        said = one_line(f"{type(problem).__name__}: {problem}")
        raise ValueError(f"{where.file} cannot be imported: {said}") from problem


def _plain(reference: str) -> str:
    """A reference with the package's own name, where the component was imported from a copy with another."""
    top, dot, rest = reference.partition(".")
    module, colon, name = top.partition(":")
    own = module.removesuffix(SIDE).removesuffix(TODAY)
    return f"{own if own in (*PROJECT.measured, PROJECT.home) else module}{colon}{name}{dot}{rest}"


def importable() -> None:
    """Let this process import the project's folders, in preference to installed packages of the same name."""
    if settings.SIDE in os.environ:
        return  # a worker has them in its mounted folder
    plain = [path for path in PROJECT.measured.values() if path.is_dir() and not packages.built_elsewhere(path)]
    for folder in (ROOT, *(path.parent for path in plain)):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))


def declared_in(name: str) -> str:
    """The file that declares component ``name``, relative to the root of the project, as shown to users."""
    return declarations()[name].file


@cache
def variants(name: str, tree: Path = IMPLS) -> tuple[Variant, ...]:
    """The variants of component ``name`` in ``tree``, in ladder order; none if the tree does not have them.

    Raises:
        ValueError: a file is not valid Python.
    """
    if name in declarations() and (named := component(name).variants):
        found = sources.of_references(named, tree)
        if tree == IMPLS and len(found) < len(named):
            lacking = next(one for one in named if one not in {variant.name for variant in found})
            module, _, path = named[lacking].partition(":")
            close = near(path, sources.names(module, tree))
            raise ValueError(f"{declared_in(name)}: variant {lacking!r}: {module} has no {path!r}{close}")
        return found
    return sources.of_file(tree / Path(*name.split(".")).with_suffix(".py"))


def cells(component: Component, tree: Path = IMPLS) -> list[Cell]:
    """All cells of ``component``: case by case, in ladder order within a case."""
    found = []
    for device in component.devices:
        for case in component.cases:
            ways = [
                (variant.name, executor)
                for variant in variants(component.name, tree)
                if not (case.only and variant.name not in case.only)
                and not (device == "cuda" and "cpu" in variant.needs)
                and not (device == "cpu" and "cuda" in variant.needs)
                for executor in _executors(component, case, variant, device)
            ]
            for threads in case.threads:
                found += [Cell(component.name, *way, device, case.name, threads) for way in ways]
                cold = [variant for variant, executor in ways if executor == "eager" and variant in case.cold]
                found += [Cell(component.name, name, "eager", device, case.name, threads, cold=True) for name in cold]
    return found


def _executors(component: Component, case: Case, variant: Variant, device: str) -> Iterable[str]:
    if component.executors:
        named = component.executors.get(variant.name, ("eager",))
        yield from (one for one in named if device == "cuda" or "cudagraph" not in one.split("+"))
        return
    yield "eager"
    compiled = component.compiled if case.compiled is None else case.compiled
    if variant.name in compiled and not variant.prepared:
        yield "compile"
    if variant.name in component.graphed and not variant.prepared and device == "cuda":
        yield "cudagraph"


def all_cells(tree: Path = IMPLS) -> list[Cell]:
    """Every cell of every component."""
    return [cell for component in components().values() for cell in cells(component, tree)]


def operators(name: str, tree: Path = IMPLS) -> set[str]:
    """The operators that the file of component ``name`` registers under literal names.

    torch has one operator per name in a process: if two trees register the same name, both would call the later one.
    """
    found = set()
    for node in _nodes(name, tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("custom_op", "Library", "define"):
            found |= {str(word.value) for word in node.args[:1] if isinstance(word, ast.Constant)}
    return found


def libraries(name: str, tree: Path = IMPLS) -> set[str]:
    """The packages that the file of component ``name`` imports anywhere, by their top-level names."""
    found = set()
    for node in _nodes(name, tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def _nodes(name: str, tree: Path) -> Iterator[ast.AST]:
    """All nodes of the files that hold the variants of component ``name``."""
    files = [tree / Path(*name.split(".")).with_suffix(".py")]
    if name in declarations() and component(name).variants:
        files = [path for folder in packages.packages(tree).values() for path in folder.rglob("*.py")]
    for path in files:
        if path.exists():
            with contextlib.suppress(ValueError):
                yield from ast.walk(sources.parsed(path)[1])


def _work(component: Component) -> dict[str, str]:
    """Variant -> extra work that the others do not do, and why it may be faster on contents that it has just seen."""
    both = (component.work, component.quick_again)
    return {name: " ".join(filter(None, (one.get(name) for one in both))) for name in {**both[0], **both[1]}}


def problem(component: Component, tree: Path = IMPLS) -> Problem:
    """What a report shows about ``component``, including its sources."""
    return Problem(
        name=component.name,
        title=component.title,
        question=component.question,
        rows=component.rows,
        baseline=component.baseline,
        version=component.version,
        variants=variants(component.name, tree),
        cases=tuple(case.name for case in component.cases),
        stream=component.stream and not component.timeline,
        work=_work(component),
        published=dict(component.published),
        published_case=component.published_case,
        left_out=dict(component.left_out),
        defaults=dict(component.defaults),
    )
