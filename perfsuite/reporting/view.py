"""What a page shows: a run, its table and the page's components; and the file names, anchors and addresses of pages."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from perfsuite.judging.record import Comparison
from perfsuite.model.cell import Cell
from perfsuite.model.record import Problem, Record, Run
from perfsuite.records import sound
from perfsuite.reporting import frame as frames
from perfsuite.reporting import units
from perfsuite.reporting.canvas.choice import Palette, palette
from perfsuite.reporting.changes.found import Changes
from perfsuite.reporting.commands import launcher

EXPLAINED = Path("explain")  # the folder of explanations, below that of the results
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
    changes: Changes | None = None  # since an earlier run on the same kind of machine
    results: Path | None = None  # the folder that holds the report's folder, and what else was written

    @property
    def problem(self) -> Problem:
        """The component of a component's page."""
        (problem,) = self.problems
        return problem

    def of(self, problem: Problem) -> View:
        """The page of ``problem``, its cells in reading order."""
        if problem.name not in self._pages:
            cells = self._components.get(problem.name, self.frame.iloc[:0])
            self._pages[problem.name] = View(
                self.run, frames.in_order(problem, cells), (problem,), results=self.results
            )
        return self._pages[problem.name]

    @cached_property
    def colors(self) -> Palette:
        """The colours of a component's variants, for every figure of its page."""
        return palette(frames.rows(self.frame), self.problem.baseline)

    @property
    def records(self) -> Mapping[str, Record]:
        """The run's records by cell."""
        return self.run.by_cell

    def groups(self) -> Sequence[pd.DataFrame]:
        """The groups of cells timed in turns in which at least one has a time."""
        return self._groups

    def lead(self) -> pd.DataFrame | None:
        """The group that a component's page opens with.

        The published case if it has a time; otherwise the group with the most times, the first of several.
        """
        return self._lead

    @cached_property
    def _groups(self) -> list[pd.DataFrame]:
        groups = frames.grouped(self.frame, "component", *GROUP)
        return [cells for _, cells in groups if cells["seconds"].notna().any()]

    @cached_property
    def _lead(self) -> pd.DataFrame | None:
        usual = (self.problem.published_case, "cpu", "1", False)
        published = [
            cells
            for cells in self._groups
            if tuple(cells[name].iloc[0] for name in ("case", "device", "threads", "cold")) == usual
        ]
        return max(published or self._groups, key=lambda cells: cells["seconds"].notna().sum(), default=None)

    @cached_property
    def _components(self) -> dict[str, pd.DataFrame]:
        """The cells of each component."""
        return {name: cells for (name,), cells in frames.grouped(self.frame, "component")}

    @cached_property
    def _pages(self) -> dict[str, View]:
        """The pages that were asked for, by component: a page is asked for by the start page too."""
        return {}


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
    """The anchor of a cell on its component's page: a digest, because a page may have thousands of links to cells."""
    digest = hashlib.sha256(cell.encode(errors="surrogatepass")).digest()[
        :5
    ]  # among 1,000 cells, two alike: 1 in 2,000,000
    return base64.b32encode(digest).decode("ascii").lower()


def folder_of(cell: str) -> str:
    """The name of a folder for a cell, unlike that of any other."""
    return safe(Cell.parse(cell).slug)


def command(cell: str) -> str:
    """The command that measures this cell again."""
    return f"{launcher()} run -k {shlex.quote(cell)}"


def explain_command(a: str, b: str) -> str:
    """The command that explains why one of two cells is slower than the other."""
    return f"{launcher()} explain {shlex.join([a, b])}"


def explained_in(a: str, b: str, base: str = "", head: str = "") -> Path:
    """The folder of an explanation, relative to the results: of two cells, or of one cell in two commits."""
    if base or head:
        return EXPLAINED / safe("-".join(filter(None, (Cell.parse(a).slug, base, head))))
    first, second = Cell.parse(a), Cell.parse(b)
    return EXPLAINED / safe(f"{first.slug}-{second.way}-{second.threads}{'-cold' * second.cold}")


def explanation_of(results: Path, a: str, b: str) -> Path | None:
    """The page that explains two cells, whichever was named first; ``None`` if there is none."""
    pages = [results / explained_in(*pair) / "index.html" for pair in ((a, b), (b, a))]
    return next((page for page in pages if page.is_file()), None)


def trace_of(path: str) -> str:
    """The address of a trace, seen from the report's folder; ``""`` for none and for one outside the results."""
    return f"../{quote(path)}" if path and sound.stays(path) else ""


def group_name(cells: pd.DataFrame) -> str:
    """A group in words: ``5x784x10 · float32 · cpu · 1 thread``."""
    return place({str(name): value for name, value in cells.iloc[0].items()})


def place(first: Mapping[str, Any]) -> str:
    """The group of a row in words, like :func:`group_name`."""
    parts = [first["case"], first["dtype"], first["device"], threads(first["threads"])]
    return " · ".join([part for part in parts if part] + ["caches flushed"] * bool(first["cold"]))


def how_sure(cells: pd.DataFrame) -> str:
    """What ``±`` means for these cells: it depends on how many launches there were. Empty if none has a time."""
    timed = cells[cells["seconds"].notna()]
    if timed.empty:
        return ""
    launches, confidence = int(timed["launches"].min()), timed["confidence"].min()
    if launches < 2:
        return "1 launch: no interval"
    return f"median of {launches} launches, ± covers it with {units.percent(confidence)} confidence"


def threads(label: str) -> str:
    """``1 thread``, ``all threads``."""
    return f"{label} thread" + "s" * (label != "1")
