"""Which project is measured, and where its parts are: the ``[tool.perfsuite]`` table of its ``pyproject.toml``.

A worker gets the project from its parent through ``PERFSUITE_ROOT``. Otherwise it is the project that contains the
current folder, or the one that this engine was checked out with; if there is neither, it is the current folder.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from perfsuite.model.printable import near, one_line

VARIABLE = "PERFSUITE_ROOT"
SIDE = "PERFSUITE_SIDE"  # set in workers: the suffix of the tree that declares the components, or ""
SUBMITTED = "PERFSUITE_SUBMITTED"  # set in the jobs of shards: the commit and the tree that they were submitted for
# Suffixes of the names of packages in workers. Those of two sides have one length.
ONE = "_x"  # of a package of functions, in a worker of one tree
SIDES = ("_a", "_b")  # of the two trees that are compared
COPY = "_c"  # of BASE once more, for the live control
TODAY = "_today"  # of the working tree, in a worker that measures another tree
ENGINE = Path(__file__).resolve().parent.parent  # the folder of this package
TABLE = "pyproject.toml"


@dataclass(frozen=True)
class Project:
    """A project, and where its parts are. An empty field means the project does not have that part."""

    root: Path
    command: str = "perfsuite"  # the command shown to users in messages
    package: tuple[str, ...] = ("impls",)  # what is measured: folders from the root, or the names of installed packages
    benchmarks: str = "perf"  # the folder of the components, which declare what the variants do
    evidence: str = "perf/evidence"  # the folder of its archived runs
    facts: str = ""  # a module with ``asked(rows)`` and ``look()``: facts other than times
    quick: str = ""  # a module with ``QUICK`` and ``TRACED``, lists of ``-k`` expressions: the default cells
    rows: str = ""  # a module with ``table(tree)``: the rows to measure, and what measures each
    sections: str = ""  # a package of report sections; its ``START`` and ``COMPONENT`` list the sections of the pages
    ledger: str = ""  # a module with further statements about a run (``perfsuite.reporting.ledger``)

    @property
    def components(self) -> str:
        """The package of the components."""
        return self.benchmarks.replace("/", ".")

    @property
    def home(self) -> str:
        """The top-level package of the components."""
        return self.components.split(".")[0]

    @property
    def packages(self) -> tuple[str, str]:
        """The top-level packages of this engine and of the components, which run in the same process as variants."""
        return ENGINE.name, self.home

    @cached_property
    def measured(self) -> dict[str, Path]:
        """The measured packages: import name -> folder."""
        return {name.split("/")[-1]: self._folder(name) for name in self.package}

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        if "/" not in name and not folder.is_dir():
            spec = importlib.util.find_spec(name)
            if spec is not None and spec.submodule_search_locations:
                return Path(next(iter(spec.submodule_search_locations)))
        return folder

    def module(self, part: str) -> Any:
        """The module of ``part``, such as "facts"; ``None`` if the project has none.

        Raises:
            ValueError: the module named in the table does not exist.
        """
        if not (name := getattr(self, part)):
            return None
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as problem:
            if problem.name is None or not f"{name}.".startswith(f"{problem.name}."):
                raise  # the module exists, but something that it imports does not
            table = f"[tool.perfsuite] in {self.root / TABLE}"
            raise ValueError(f"no module {name!r}, which {table} names as {part}: {problem}") from problem


@cache
def project() -> Project:
    """The current project.

    Raises:
        SystemExit: its table is not valid; nothing works without it.
    """
    try:
        return of(root(Path.cwd(), os.environ))
    except ValueError as problem:
        print(one_line(f"perfsuite: {problem}"), file=sys.stderr)
        raise SystemExit(2) from None


def root(here: Path, environ: Mapping[str, str]) -> Path:
    """The root of the project that contains ``here``."""
    if told := environ.get(VARIABLE):
        return Path(told)
    return next((folder for folder in (here, *here.parents, ENGINE.parent) if _table(folder / TABLE) is not None), here)


def of(root: Path) -> Project:
    """The project whose root is ``root``.

    Raises:
        ValueError: its table is not valid.
    """
    path = root / TABLE
    table = _table(path) or {}
    known = [one.name for one in fields(Project) if one.name != "root"]
    for name, value in table.items():
        if name not in known:
            raise ValueError(
                f"{path}: [tool.perfsuite] has no key {name!r}{near(name, known)}; valid keys are {', '.join(known)}"
            )
        several = name == "package" and isinstance(value, list) and value and all(isinstance(one, str) for one in value)
        if not several and not isinstance(value, str):
            raise ValueError(f"{path}: {name} of [tool.perfsuite] is {value!r}; it must be a string")
    table = {name: value.strip("/") if name == "benchmarks" else value for name, value in table.items()}
    if "package" in table:
        names = [table["package"]] if isinstance(table["package"], str) else table["package"]
        table["package"] = tuple(str(name).strip("/") for name in names)
    made = Project(root, **table)
    for package in made.package:
        if f"{made.benchmarks}/".startswith(f"{package}/"):
            why = "components come from the working tree and packages from a commit, so they must lie elsewhere"
            raise ValueError(f"{path}: benchmarks = {made.benchmarks!r} lies in the package: {why}")
    return made


def _table(path: Path) -> dict[str, Any] | None:
    """The ``[tool.perfsuite]`` table in ``path``; ``None`` if there is none.

    Raises:
        ValueError: the file mentions perfsuite and is not valid TOML, or ``tool.perfsuite`` is not a table.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found = tomllib.loads(text).get("tool", {}).get("perfsuite")
    except (OSError, UnicodeDecodeError):
        return None
    except tomllib.TOMLDecodeError as problem:
        if "perfsuite" not in text:  # the error does not concern this engine
            return None
        raise ValueError(f"{path} is not valid TOML: {problem}") from problem
    if not isinstance(found, dict | None):
        raise ValueError(f"{path}: tool.perfsuite is {found!r}; it must be a table")
    return found
