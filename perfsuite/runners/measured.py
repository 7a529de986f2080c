"""Measure a run for the front end of another tool. asv imports this only where it measures."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from perfsuite.model.record import Run
from perfsuite.project import catalogue
from perfsuite.records.options import Options
from perfsuite.records.store import write
from perfsuite.runners.wishes import Wish
from perfsuite.running import session


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
    """Measure the time of ``cells`` in ``tree``, the tree of ``commit``, and return the run and its record file.

    Memory, operators and traces are measured only by ``python -m benchmarks run``.
    """
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
