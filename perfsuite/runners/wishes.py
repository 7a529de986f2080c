"""What is asked of the front ends of pytest-benchmark and asv: which cells, and the one run whose samples both replay.

Neither of them times anything. The core measures (:mod:`perfsuite.runners.measured`), or a stored run is read; a replay
clock hands its samples out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfsuite.model.cell import Cell
from perfsuite.model.component import Component
from perfsuite.model.record import Record, Run, samples
from perfsuite.project import catalogue, selecting
from perfsuite.records.store import read


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
        return selecting.quick(every)
    match = selecting.expression(cells) if cells != "full" else lambda cell: True
    return selecting.usual(filter(match, every), cells)


def stored(wish: Wish) -> Run | None:
    """The run that is to be replayed; ``None`` where it is to be measured.

    Raises:
        ValueError: the file is no record file.
    """
    return read(wish.record) if wish.record else None


def seconds(record: Record) -> list[float]:
    """The samples of a cell, launch by launch: what the replay clock hands out."""
    return [second for _, _, second in samples([record])]
