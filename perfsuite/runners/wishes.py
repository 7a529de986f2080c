"""The settings of the front ends for pytest-benchmark and asv: which cells, and the run whose samples both replay.

Neither of them times anything. The core measures (:mod:`perfsuite.runners.measured`), or a stored run is read; a replay
clock returns its samples.
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
    """The settings of a front end: its options, or environment variables if it has none."""

    cells: str = "quick"  # "quick", "full" or a -k expression
    launches: int | None = None  # fresh processes per cell
    budget: float | None = None  # seconds of samples per cell and launch
    record: Path | None = None  # a record file to replay instead of measuring

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> Wish:
        """Read ``BENCHMARKS_CELLS``, ``BENCHMARKS_LAUNCHES``, ``BENCHMARKS_BUDGET`` and ``BENCHMARKS_RECORD``.

        Raises:
            ValueError: one of them is not valid.
        """
        kinds = {"cells": str, "launches": int, "budget": float, "record": Path}
        found = {}
        for name, kind in kinds.items():
            variable = f"BENCHMARKS_{name.upper()}"
            if text := environ.get(variable):
                try:
                    found[name] = kind(text)
                except ValueError:
                    raise ValueError(f"{variable}={text!r} is not a valid {kind.__name__}") from None
        return cls(**found)


def chosen(component: Component, cells: str) -> list[Cell]:
    """The cells of ``component`` in the current tree that "quick", "full" or a ``-k`` expression selects, in order.

    As everywhere, an opt-in case must be named.
    """
    every = catalogue.cells(component)
    if cells == "quick":
        return selecting.quick(every)
    match = selecting.expression(cells) if cells != "full" else lambda cell: True
    return selecting.usual(filter(match, every), cells)


def stored(wish: Wish) -> Run | None:
    """The run to replay; ``None`` if it has to be measured.

    Raises:
        ValueError: the file is not a record file.
    """
    return read(wish.record) if wish.record else None


def seconds(record: Record) -> list[float]:
    """The samples of a cell, launch by launch: what the replay clock returns."""
    return [second for _, _, second in samples([record])]
