"""Whether two trees can live in one process, and how workers find them: under two names, or each under its own."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from perfsuite.model.printable import one_line
from perfsuite.project import catalogue, environments, mount, packages
from perfsuite.project.declarations import by_decorator
from perfsuite.project.settings import COPY, SIDES


def reason(trees: Sequence[Path], components: Sequence[str]) -> str:
    """Why the trees cannot share a process, as far as their files tell; "" if nothing speaks against it."""
    if not by_decorator():
        return ""  # packages of functions: cells whose operators clash are incomparable, one by one
    for tree in trees:
        if file := _native(tree):
            return f"{file} is compiled code, which has one name in a process"
    for name in components:
        if both := set.intersection(*(catalogue.operators(name, tree) for tree in trees)):
            return f"both sides register the operator {min(both)!r}, which torch has once in a process"
    return ""


def _native(tree: Path) -> str:
    """A file of compiled code, or one that is to be compiled; "" without any."""
    for name, folder in packages.packages(tree).items():
        for path in packages.files(folder):
            if path.suffix in (*packages.BUILT, *packages.SOURCES):
                return f"{name}/{path.relative_to(folder).as_posix()}"
    return ""


def together(trees: Sequence[Path], folder: Path) -> None:
    """Copy the trees to where workers of both import them: each under each name, and BASE once more."""
    for coin in (0, 1):
        for tree, side in zip(trees, SIDES if coin == 0 else SIDES[::-1], strict=True):
            mount.lay(tree, folder / f"m{coin}", side)
        mount.lay(trees[0], folder / f"m{coin}", COPY)


def apart(trees: Sequence[Path], folder: Path) -> None:
    """Copy the trees to where a worker of each imports it under its own name; what needs compiling is built.

    Raises:
        ValueError: it cannot be built.
    """
    for number, tree in enumerate(trees):
        where = folder / f"p{number}"
        if where.exists():
            continue
        if packages.compiles(tree):
            _build(packages.above(tree), where)
            mount.beside(where)
        else:
            mount.lay(tree, where, "")


def _build(root: Path, where: Path) -> None:
    """Build and install what lies in ``root`` into ``where``, for the packages that are installed here."""
    for folder in packages.packages(root / catalogue.PROJECT.package[0]).values():
        for path in packages.files(folder):  # newer than whatever an earlier build has left beside them
            path.touch()
    command = ["pip", "install", "--quiet", "--no-deps", "--target", str(where), str(root)]
    try:
        environments.uv(*command)
    except ValueError:  # a build that needs torch finds it in the environment at hand
        try:
            environments.uv(*command, "--no-build-isolation")
        except (ValueError, subprocess.SubprocessError) as problem:
            raise ValueError(one_line(f"{root.name}: the package cannot be built: {problem}")) from problem
