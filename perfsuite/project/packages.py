"""The measured packages of a tree.

A tree is identified by the folder of its first package, ``.../src/mylib``. The other packages have the same relative
location as in the project: ``src/other`` beside it, whatever the path above. Of installed packages, in
``site-packages``, all are beside each other, whatever their places in the project.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from perfsuite.project.settings import Project, project

PROJECT = project()
BUILT = (".so", ".pyd", ".dylib")  # compiled code
SOURCES = (".pyx", ".c", ".cc", ".cpp", ".cxx", ".cu", ".rs", ".f90")  # what is to be compiled
FIRST = next(iter(PROJECT.measured.values()))  # the first package in the working tree


def packages(tree: Path, of: Project = PROJECT) -> dict[str, Path]:
    """The packages of ``tree``: import name -> folder."""
    first, *others = of.package
    found = {first.split("/")[-1]: tree}
    for name in others:
        folder = above(tree, of) / name
        beside = tree.parent / folder.name
        found[folder.name] = beside if not folder.is_dir() and beside.is_dir() else folder
    return found


def above(tree: Path, of: Project = PROJECT) -> Path:
    """The folder that the paths of the packages are relative to: for the working tree, the root."""
    return tree.parents[of.package[0].count("/")]


def installed(repository: Path) -> str:
    """The first package, such as "einops", and its version, if ``repository`` is where it is installed; else ""."""
    name = PROJECT.package[0]
    if repository != above(FIRST) or PROJECT.root / name == FIRST:
        return ""
    try:
        return f"{name}=={metadata.version(name)}"
    except metadata.PackageNotFoundError:  # its distribution has another name
        return name


def tree_hash(tree: Path) -> str:
    """A hash of the names and contents of all files in the packages, without ``__pycache__``."""
    digest = hashlib.sha256()
    for _, folder in packages(tree).items():
        for path in files(folder):
            digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def files(folder: Path) -> Iterator[Path]:
    """The files below ``folder``, sorted, without ``__pycache__``."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)


def file_of(module: str, tree: Path) -> Path | None:
    """The file of a module in a package of ``tree``; ``None`` if it is in no such package, or does not exist."""
    top, _, rest = module.partition(".")
    folder = packages(tree).get(top)
    if folder is None:
        return None
    stem = folder.joinpath(*rest.split(".")) if rest else folder
    return next((path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None)


def compiles(tree: Path) -> bool:
    """Whether a package of ``tree`` has sources that are to be compiled."""
    return any(path.suffix in SOURCES for folder in packages(tree).values() for path in files(folder))


def built_elsewhere(folder: Path) -> bool:
    """Whether the package in ``folder`` is to be compiled and is not: what was built of it is installed."""
    kinds = {path.suffix for path in files(folder)}
    return bool(kinds & {*SOURCES}) and not kinds & {*BUILT}
