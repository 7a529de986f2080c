"""How a worker gets the tree it measures: a copy of an ``impls`` folder under a private name, and never ``impls``.

A worker that could import a plain ``impls`` might time today's code under an old commit's label, with no error.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from perfsuite.project.catalogue import PROJECT, ROOT
from perfsuite.project.settings import ENGINE

NAME = "impls_x"  # the package's name in a worker of one tree


def lay(tree: Path, where: Path, name: str = NAME) -> Path:
    """Copy ``tree``, an ``impls`` folder, to ``where/name`` and lay this engine and the project's components beside it.

    The copy keeps the user free to edit while the run goes on. ``where`` is what goes on the worker's ``sys.path``:
    DataLoader's own worker processes then find the package however they are started.

    Raises:
        ValueError: ``tree`` is not a package.
        OSError: it cannot be copied.
    """
    if not (tree / "__init__.py").is_file():
        raise ValueError(f"{tree} is not an impls folder: it has no __init__.py")
    try:
        shutil.copytree(tree, where / name, ignore=shutil.ignore_patterns("__pycache__"))
    except shutil.Error as problem:  # a list of every file that could not be copied
        _, _, why = problem.args[0][0]
        raise OSError(f"{tree} cannot be copied to {where / name}: {why}") from problem
    beside(where)
    return where / name


def beside(where: Path) -> None:
    """Lay this engine and the package that holds the project's components into ``where``."""
    for package in (ENGINE, ROOT / PROJECT.home):
        link = where / package.name
        if not link.exists():
            link.symlink_to(package, target_is_directory=True)


def file_of(component: str) -> str:
    """The file that the variants of ``component`` stand in, as people call it."""
    return f"impls/{component.replace('.', '/')}.py"


def load(component: str, where: Path, name: str = NAME) -> Any:
    """Import ``component``'s module from the mounted tree.

    Raises:
        ImportError: the module came from elsewhere, or a plain ``impls`` was imported on the way.
    """
    module = importlib.import_module(f"{name}.{component}")
    if not Path(str(module.__file__)).resolve().is_relative_to(where.resolve()):
        raise ImportError(f"{component} was imported from {module.__file__}, not from the mounted tree {where}")
    if "impls" in sys.modules:
        raise ImportError(f"{component} imports `impls` by that name: inside impls, imports are relative")
    return module


def variant(component: str, name: str, where: Path, package: str = NAME) -> Callable[..., Any]:
    """One variant's function.

    Raises:
        NotImplementedError: the tree has no such variant (an older commit, say).
    """
    try:
        found = getattr(load(component, where, package), name, None)
    except ModuleNotFoundError as problem:
        if problem.name is not None and problem.name.startswith(package):
            raise NotImplementedError(f"needs {component}, which this tree does not have") from None
        raise
    if not callable(found):
        raise NotImplementedError(f"needs {component}.{name}, which this tree does not have")
    return found  # type: ignore[no-any-return]
