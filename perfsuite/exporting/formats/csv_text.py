"""CSV: the table of cells, as the report's ``cells.csv`` with the origin of each run in front."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from perfsuite.exporting.tables import RUN, TEXT, cells
from perfsuite.model.record import Run
from perfsuite.reporting.tables import csv

ALSO = tuple(name for name, column in RUN.items() if column.kind == TEXT)


def pieces(runs: Iterable[Run]) -> Iterator[str]:
    """The lines of each run; the first piece begins with the header. Times are seconds, empty fields unknown."""
    for at, run in enumerate(runs):
        yield csv(cells(run), ALSO, header=at == 0)
