"""What a page shows: a run, its table and the page's components; and the file names, anchors and addresses of pages."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

import pandas as pd

from perfsuite.judging.record import Comparison
from perfsuite.model.cell import Cell
from perfsuite.model.record import Problem, Record, Run
from perfsuite.project import catalogue
from perfsuite.records import sound
from perfsuite.reporting import frame as frames

UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
GROUP = ["device", "case", "threads", "cold"]


@dataclass(frozen=True)
class View:
    """A run as one page shows it: the start page shows every component, a component's page shows one."""

    run: Run
    frame: pd.DataFrame  # of the components that the page is about
    problems: tuple[Problem, ...]
    start: bool = False  # whether this is the start page
    comparison: Comparison | None = None  # of two commits, made on the same kind of machine

    @property
    def problem(self) -> Problem:
        """The component of a component's page."""
        (problem,) = self.problems
        return problem

    def of(self, problem: Problem) -> View:
        """The page of ``problem``, its cells in reading order."""
        cells = self.frame[self.frame["component"] == problem.name]
        return View(self.run, frames.in_order(problem, cells), (problem,))

    @cached_property
    def records(self) -> dict[str, Record]:
        """The run's records by cell."""
        return {record.cell: record for record in self.run.records}

    def groups(self) -> Iterator[pd.DataFrame]:
        """The groups of cells timed in turns in which at least one has a time."""
        for _, cells in self.frame.groupby(["component", *GROUP], sort=False):
            if cells["seconds"].notna().any():
                yield cells

    def lead(self) -> pd.DataFrame | None:
        """The group that a component's page opens with.

        The published case if it has a time; otherwise the group with the most times, the first of several.
        """
        groups = list(self.groups())
        usual = [
            cells
            for cells in groups
            if cells["case"].iloc[0] == self.problem.published_case
            and (cells[["device", "threads"]].iloc[0] == ["cpu", "1"]).all()
            and not cells["cold"].iloc[0]
        ]
        return max(usual or groups, key=lambda cells: cells["seconds"].notna().sum(), default=None)


def safe(name: str) -> str:
    """``name`` as a file's name or an anchor; a changed name ends in a digest, so that no two collide."""
    plain = UNSAFE.sub("-", name)[:120]
    if plain == name and not name.startswith("."):
        return name
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    return f"{plain.lstrip('.')}-{digest[:8]}"


def page_of(component: str) -> str:
    """The file of a component's page."""
    return f"{safe(component)}.html"


def anchor(cell: str) -> str:
    """The anchor of a cell on its component's page."""
    return safe(Cell.parse(cell).slug)


def command(cell: str) -> str:
    """The command that measures this cell again."""
    return shlex.join([*shlex.split(catalogue.PROJECT.command), "run", "-k", cell])


def trace_of(path: str) -> str:
    """The address of a trace, seen from the report's folder; ``""`` for none and for one outside the results."""
    return f"../{quote(path)}" if path and sound.stays(path) else ""


def group_name(cells: pd.DataFrame) -> str:
    """A group in words: ``5x784x10 · float32 · cpu · 1 thread``."""
    first = cells.iloc[0]
    parts = [first["case"], first["dtype"], first["device"], threads(first["threads"])]
    return " · ".join([part for part in parts if part] + ["caches flushed"] * bool(first["cold"]))


def threads(label: str) -> str:
    """``1 thread``, ``all threads``."""
    return f"{label} thread" + "s" * (label != "1")
