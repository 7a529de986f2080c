"""What the front ends of pytest-benchmark and asv share: which cells, and the one run whose samples both replay.

Neither of them times anything. The core measures, or a stored run is read; a replay clock hands its samples out.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import catalogue
from benchmarks.cell import Cell
from benchmarks.component import Component
from benchmarks.quick import QUICK, pick
from benchmarks.record import Record, Run, read, samples, write


@dataclass(frozen=True)
class Wish:
    """What is asked of a front end: by its options, or where it has none, by the environment."""

    cells: str = "quick"  # "quick", "full" or a -k expression
    launches: int | None = None  # fresh processes per cell
    budget: float | None = None  # seconds of samples per cell and launch
    record: Path | None = None  # a record file to replay instead of measuring

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> Wish:
        """Read ``BENCHMARKS_CELLS``, ``BENCHMARKS_LAUNCHES``, ``BENCHMARKS_BUDGET`` and ``BENCHMARKS_RECORD``.

        Raises:
            ValueError: one of them does not read.
        """
        kinds = {"cells": str, "launches": int, "budget": float, "record": Path}
        found = {}
        for name, kind in kinds.items():
            variable = f"BENCHMARKS_{name.upper()}"
            if text := environ.get(variable):
                try:
                    found[name] = kind(text)
                except ValueError:
                    raise ValueError(f"{variable}={text!r} is no {kind.__name__}") from None
        return cls(**found)


def chosen(component: Component, cells: str) -> list[Cell]:
    """The cells of ``component`` in today's tree that "quick", "full" or a ``-k`` expression stands for, in order.

    As everywhere, a case that is opt-in must be named.
    """
    every = catalogue.cells(component)
    if cells == "quick":
        return pick(every, QUICK)
    match = catalogue.expression(cells) if cells != "full" else lambda cell: True
    return catalogue.usual(filter(match, every), cells)


def measure(
    cells: Iterable[str],
    wish: Wish,
    results: Path,
    *,
    command: str,
    left_out: str = "",
    tree: Path = catalogue.IMPLS,
    commit: str = "",
) -> tuple[Run, Path]:
    """Measure the time of ``cells`` in ``tree``, which is the one of ``commit``; the run, and its record file.

    Memory, operators and traces are left to ``python -m benchmarks run``.
    """
    from benchmarks import session
    from benchmarks.journal import Options

    asked = Options(cells=tuple(cells), selection=wish.cells, command=command, left_out=left_out, cost=False)
    if wish.launches:
        asked = dataclasses.replace(asked, launches=wish.launches)
    if wish.budget:
        asked = dataclasses.replace(asked, budget=wish.budget)
    journal = session.start(asked, results, tree)
    run = session.measure(journal, results, tree)
    if commit:
        run = dataclasses.replace(run, commit=commit, dirty=False)
    path = write(run, results)
    if not run.partial:
        journal.path.unlink()
    return run, path


def stored(wish: Wish) -> Run | None:
    """The run that is to be replayed; ``None`` where it is to be measured.

    Raises:
        ValueError: the file is no record file.
    """
    return read(wish.record) if wish.record else None


def seconds(record: Record) -> list[float]:
    """The samples of a cell, launch by launch: what the replay clock hands out."""
    return [second for _, _, second in samples([record])]
