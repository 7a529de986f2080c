"""Which project is measured, and where it keeps its parts: the ``[tool.perfsuite]`` table of its ``pyproject.toml``.

A worker is told by its parent, through ``PERFSUITE_ROOT``; else it is the project that the current folder lies in, or
the one that this engine was checked out with; where there is neither, the current folder.
"""

from __future__ import annotations

import importlib
import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from perfsuite.model.printable import one_line

VARIABLE = "PERFSUITE_ROOT"
ENGINE = Path(__file__).resolve().parent.parent  # the folder of this package
TABLE = "pyproject.toml"


@dataclass(frozen=True)
class Project:
    """A project, and where its parts are. What is empty it does not have."""

    root: Path
    variants: str = "impls"  # the package whose trees are measured
    components: str = "benchmarks.components"  # the package that declares what they are to do
    evidence: str = "benchmarks/evidence"  # the folder of the runs that it keeps
    facts: str = ""  # a module with ``asked(rows)`` and ``look()``: facts beside times
    quick: str = ""  # a module with ``QUICK`` and ``TRACED``, lists of ``-k`` expressions: what runs without arguments
    rows: str = ""  # a module with ``table(tree)``: what is to be measured, and what measures it
    sections: str = ""  # a package of sections with ``START`` and ``COMPONENT``, which say what stands on the pages
    ledger: str = ""  # a module with what it says of a run beside its cells (``perfsuite.reporting.ledger``)

    @property
    def home(self) -> str:
        """The top-level package in which the components lie."""
        return self.components.split(".")[0]

    @property
    def packages(self) -> tuple[str, str]:
        """The top-level packages of this engine and of the components, which run beside variants."""
        return ENGINE.name, self.home

    def module(self, part: str) -> Any:
        """The module of ``part``, such as "facts"; ``None`` where the project has none.

        Raises:
            ValueError: there is no module of the name that the table gives.
        """
        if not (name := getattr(self, part)):
            return None
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as problem:
            if problem.name is None or not f"{name}.".startswith(f"{problem.name}."):
                raise  # it is there, and what it imports is not
            table = f"[tool.perfsuite] in {self.root / TABLE}"
            raise ValueError(f"no module {name!r}, which {table} names as {part}: {problem}") from problem


@cache
def project() -> Project:
    """The project at hand.

    Raises:
        SystemExit: its table does not read; nothing can be done without.
    """
    try:
        return of(root(Path.cwd(), os.environ))
    except ValueError as problem:
        print(one_line(f"perfsuite: {problem}"), file=sys.stderr)
        raise SystemExit(2) from None


def root(here: Path, environ: Mapping[str, str]) -> Path:
    """The root of the project that ``here`` lies in."""
    if told := environ.get(VARIABLE):
        return Path(told)
    return next((folder for folder in (here, *here.parents, ENGINE.parent) if _table(folder / TABLE) is not None), here)


def of(root: Path) -> Project:
    """The project whose root is ``root``.

    Raises:
        ValueError: its table does not read.
    """
    path = root / TABLE
    table = _table(path) or {}
    known = [one.name for one in fields(Project) if one.name != "root"]
    for name, value in table.items():
        if name not in known:
            raise ValueError(f"{path}: [tool.perfsuite] has no {name!r}; it knows {', '.join(known)}")
        if not isinstance(value, str):
            raise ValueError(f"{path}: {name} of [tool.perfsuite] is {value!r}; it must be a text")
    return Project(root, **table)


def _table(path: Path) -> dict[str, Any] | None:
    """The table in ``path``; ``None`` where there is none.

    Raises:
        ValueError: the file speaks of it and is not valid TOML, or what bears its name is no table.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found = tomllib.loads(text).get("tool", {}).get("perfsuite")
    except (OSError, UnicodeDecodeError):
        return None
    except tomllib.TOMLDecodeError as problem:
        if "perfsuite" not in text:  # whatever else it holds is no business of ours
            return None
        raise ValueError(f"{path} is not valid TOML: {problem}") from problem
    if not isinstance(found, dict | None):
        raise ValueError(f"{path}: tool.perfsuite is {found!r}; it must be a table")
    return found
