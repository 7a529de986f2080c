"""The repository that `perfsuite init` was typed in: its root, its packages, and what its pyproject.toml says."""

from __future__ import annotations

import importlib.util
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfsuite.model.printable import near
from perfsuite.project import settings
from perfsuite.project.settings import TABLE

LAYOUTS = ("src", "")  # where packages are, from the root
OTHERS = ("tests", "test", "docs", "doc", "examples", "benchmarks", "perf", "scripts", "tools", "results", "build")


@dataclass(frozen=True)
class Repository:
    """A repository, before or after it got its table."""

    root: Path  # the folder with pyproject.toml
    top: Path  # the folder with .git; the root if there is none
    settings: Mapping[str, Any]  # the contents of pyproject.toml
    table: bool  # whether it has [tool.perfsuite]
    packages: Mapping[str, str]  # import name -> how the table names it, "src/mylib"
    benchmarks: str  # the folder of the components

    @property
    def pyproject(self) -> Path:
        """The file with the table."""
        return self.root / TABLE

    @property
    def below(self) -> str:
        """The root, as seen from the top: "." or "packages/mylib"."""
        return self.root.relative_to(self.top).as_posix()

    def shown(self, path: Path) -> str:
        """A path as the user would type it in the current folder."""
        return Path(os.path.relpath(path)).as_posix()


def at(here: Path, named: Sequence[str]) -> Repository:
    """The repository that contains ``here``; ``named`` are the import names of the packages that were asked for.

    Raises:
        ValueError: pyproject.toml is not valid, or there is no such package, none at all, or no choice among several.
    """
    holds = [folder for folder in (here, *here.parents) if any((folder / name).exists() for name in (TABLE, ".git"))]
    root = holds[0] if holds else here
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    content = _read(root / TABLE)
    if "perfsuite" in content.get("tool", {}):
        project = settings.of(root)
        packages = {name.split("/")[-1]: name for name in project.package}
        if missing := next((name for name, folder in project.measured.items() if not folder.is_dir()), ""):
            raise ValueError(f"{root / TABLE}: package {packages[missing]!r} of [tool.perfsuite] does not exist")
        if foreign := next((name for name in named if name not in packages), ""):
            told = f"package of [tool.perfsuite] in {root / TABLE} is {', '.join(packages.values())}"
            raise ValueError(f"no package {foreign!r}{near(foreign, packages) or ': add it there'}; {told}")
        return Repository(root, top, content, True, packages, project.benchmarks)
    packages = _named(root, named) if named else _usual(root, content)
    benchmarks = "perf" if "perf" not in packages else "speed"
    return Repository(root, top, content, False, packages, benchmarks)


def folders(repository: Repository) -> dict[str, Path]:
    """The folder of each package by its import name; that of an installed one is where it is installed."""
    project = settings.Project(repository.root, package=tuple(repository.packages.values()))
    return project.measured


def finds_packages(repository: Repository) -> bool:
    """Whether setuptools looks for the packages itself, and would take every folder of the root for one.

    It refuses to build a project where it finds several in the root.
    """
    content = repository.settings
    told = content.get("tool", {}).get("setuptools", {})
    return (
        "project" in content
        and "setuptools" in content.get("build-system", {}).get("build-backend", "setuptools")
        and not {"packages", "py-modules", "ext-modules", "package-dir"} & set(told)
        and not any((repository.root / name).exists() for name in ("setup.py", "setup.cfg", "src"))
        and all((repository.root / name).is_dir() for name in repository.packages.values())
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ValueError(f"{path} is not valid TOML: {problem}; nothing was written") from problem


def _found(root: Path) -> dict[str, str]:
    """Every package of the repository by its import name; one in ``src`` hides its namesake."""
    found: dict[str, str] = {}
    for layout in LAYOUTS:
        for path in sorted((root / layout).glob("*/__init__.py")):
            if (name := path.parent.name).isidentifier():
                found.setdefault(name, path.parent.relative_to(root).as_posix())
    return found


def _named(root: Path, named: Sequence[str]) -> dict[str, str]:
    """The packages that were asked for: those of the repository, or installed ones."""
    found, packages = _found(root), {}
    for name in named:
        if name not in found and not _installed(name):
            raise ValueError(f"no package {name!r} in {root}{near(name, found)}; none of that name is installed either")
        packages[name] = found.get(name, name)
    return packages


def _installed(name: str) -> bool:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and bool(spec.submodule_search_locations) and spec.origin is not None


def _usual(root: Path, content: Mapping[str, Any]) -> dict[str, str]:
    """The package with the project's name, or the only one."""
    project = re.sub(r"[-.]+", "_", str(content.get("project", {}).get("name", root.name)))
    found = _found(root)
    if same := next((name for name in found if name.lower() == project.lower()), ""):
        return {same: found[same]}
    several = {name: folder for name, folder in found.items() if name not in OTHERS}
    inner = {name: folder for name, folder in several.items() if folder.startswith("src/")}
    several = inner or several
    if not several:
        told = f"neither src/{project}/__init__.py nor {project}/__init__.py exists"
        raise ValueError(f"no package in {root}: {told}; put the code to measure into such a folder")
    if len(several) > 1:
        names = ", ".join(several)
        told = f"name a function of one: `perfsuite init {next(iter(several))}.MODULE:FUNCTION`"
        raise ValueError(f"several packages in {root} ({names}), and none is named {project}: {told}")
    return several
