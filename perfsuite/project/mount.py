"""How a worker gets the tree it measures: copies of its packages, in a folder that comes first on ``sys.path``.

A worker of one tree imports a package of functions, such as ``impls``, under a private name; one that could import a
plain ``impls`` might time today's code under an old commit's label, without an error. What components name by
decorators is imported under its own name there, and a worker of two trees imports all packages under two names, with
their imports of themselves rewritten (:mod:`perfsuite.project.renaming`).
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from perfsuite.project import packages, renaming
from perfsuite.project.catalogue import PROJECT, ROOT, component
from perfsuite.project.declarations import by_decorator, declarations
from perfsuite.project.settings import COPY, ENGINE, ONE, SIDES, TODAY

HERE = "#"  # in the name of a variant: found only by its component
LEFT_OUT = ("__pycache__", ".*", "results")


def alone() -> str:
    """The suffix of the packages in a worker of one tree."""
    return "" if by_decorator() else ONE


def lay(tree: Path, where: Path, side: str = ONE) -> list[Path]:
    """Copy the packages of ``tree`` to ``where`` under their names and ``side``; link engine and components there.

    The copies let the user keep editing during the run. ``where`` goes on the worker's ``sys.path``, so that
    DataLoader's own worker processes find the packages however they are started.

    Raises:
        ValueError: a package does not exist.
        OSError: it cannot be copied.
    """
    folders = dict(packages.packages(tree))
    if side and by_decorator():
        folders[PROJECT.home] = ROOT / PROJECT.home
    laid = []
    for name, folder in folders.items():
        if name != PROJECT.home and not (folder / "__init__.py").is_file():
            kind = "an impls folder" if name == "impls" else "a package"
            raise ValueError(f"{folder} is not {kind}: it has no __init__.py")
        if not side and name != PROJECT.home and by_decorator() and packages.built_elsewhere(folder):
            continue  # what is installed of it is measured
        laid.append(where / f"{name}{side}")
        try:
            shutil.copytree(folder, laid[-1], ignore=shutil.ignore_patterns(*LEFT_OUT))
        except shutil.Error as problem:  # it lists every file that could not be copied
            _, _, why = problem.args[0][0]
            raise OSError(f"{folder} cannot be copied to {laid[-1]}: {why}") from problem
        if side and by_decorator():
            renaming.rename(laid[-1], {one: f"{one}{side}" for one in folders})
    beside(where)
    return laid


def declare(tree: Path, where: Path) -> None:
    """Beside ``tree``, lay the working tree's packages under names with the suffix ``TODAY``, if it is another tree.

    A component that names what ``tree`` does not have, such as a variant that is newer, is declared there.
    """
    if by_decorator() and tree != packages.FIRST:
        lay(packages.FIRST, where, TODAY)


def beside(where: Path) -> None:
    """Link this engine and the package with the project's components into ``where``."""
    where.mkdir(parents=True, exist_ok=True)
    for package in (ENGINE, ROOT / PROJECT.home):
        link = where / package.name
        if not link.exists():
            link.symlink_to(package, target_is_directory=True)


def trees(where: Path, side: str) -> list[Path]:
    """The folders of the packages below ``where``."""
    return [where / f"{name}{side}" for name in PROJECT.measured]


def file_of(name: str) -> str:
    """The file with the variants of component ``name``, as shown to users."""
    if name in declarations() and component(name).variants:
        return declarations()[name].file
    return f"{PROJECT.package[0]}/{name.replace('.', '/')}.py"


def load(name: str, variant: str, where: Path, side: str) -> Any:
    """Import the module that has a variant of component ``name``.

    Raises:
        ImportError: it was not imported from below ``where``, or it imports the package by its plain name.
    """
    module_name = module_of(name, variant)
    top, dot, rest = module_name.partition(".")
    if top not in (*PROJECT.measured, PROJECT.home):
        return importlib.import_module(module_name)
    module = importlib.import_module(f"{top}{side}{dot}{rest}")
    own = top in PROJECT.measured and (where / f"{top}{side}").exists()
    if own and not Path(str(module.__file__)).resolve().is_relative_to(where.resolve()):
        raise ImportError(f"{module_name} was imported from {module.__file__}, not from the mounted tree {where}")
    if side and not by_decorator() and top in sys.modules:
        raise ImportError(f"{rest} imports `{top}` by that name: imports inside {top} must be relative")
    return module


def variant(name: str, variant: str, where: Path, side: str = ONE) -> Callable[..., Any]:
    """One variant of component ``name``: a function, or a factory of modules.

    Raises:
        NotImplementedError: the tree has no such variant, for example an older commit.
    """
    reference = _reference(name, variant)
    module_name, _, path = reference.partition(":")
    missing = f"needs {reference if _named(name) else name}"
    try:
        found: Any = load(name, variant, where, side)
    except ModuleNotFoundError as problem:
        if problem.name is not None and problem.name in _names(module_name, side):
            raise NotImplementedError(f"{missing}, which this tree does not have") from None
        raise
    first, here, last = path.partition(HERE)
    for part in first.split("."):
        found = getattr(found, part, None)
    found = found.made[last] if here and found is not None else found
    if not callable(found):
        missing += "" if _named(name) else f".{variant}"
        raise NotImplementedError(f"{missing}, which this tree does not have")
    _own(found, side)
    return found  # type: ignore[no-any-return]


def _own(found: Any, side: str) -> None:
    """Check that a variant is of this side's copy of the package that it comes from.

    Raises:
        ImportError: it is of another: it would be measured under a wrong label.
    """
    top = str(getattr(found, "__module__", "")).split(".")[0]
    for name in (*PROJECT.measured, *([PROJECT.home] if side and by_decorator() else [])):
        if top.startswith(name) and top != f"{name}{side}" and top.removeprefix(name) in ("", ONE, *SIDES, COPY, TODAY):
            raise ImportError(f"{found.__qualname__} comes from {top}, not from {name}{side}")


def module_of(name: str, variant: str) -> str:
    """The module of a variant of component ``name``, under its own name."""
    return _reference(name, variant).partition(":")[0]


def absent(problem: ModuleNotFoundError, name: str, variant: str, side: str) -> bool:
    """Whether an import failed because the tree does not have the file of a variant."""
    return problem.name in _names(module_of(name, variant), side)


def _named(name: str) -> Mapping[str, str]:
    """Variant -> "module:name", if component ``name`` lists its variants."""
    return component(name).variants if name in declarations() else {}


def _reference(name: str, variant: str) -> str:
    """``"module:name"`` of a variant; by default in the file of the component in the first package."""
    return _named(name).get(variant) or f"{next(iter(PROJECT.measured))}.{name}:{variant}"


def _names(name: str, side: str) -> set[str]:
    """The module under its private name, and the packages that it is in."""
    top, _, rest = name.partition(".")
    parts = [f"{top}{side}", *(rest.split(".") if rest else [])]
    return {".".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
