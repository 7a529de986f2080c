"""The formats, one module each: from runs to text or files. :data:`FORMATS` is the list of ``export --to``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from perfsuite.exporting.formats import (
    bencher,
    csv_text,
    duckdb_file,
    github_action,
    json_text,
    openmetrics,
    parquet,
    pyperf_suite,
)
from perfsuite.model.record import Run


@dataclass(frozen=True)
class Format:
    """How records are written. It has one of the three functions; all but ``text`` take any number of runs."""

    what: str
    suffix: str  # of a file of it
    text: Callable[[Run], str] | None = None  # a file for each run
    pieces: Callable[[Iterable[Run]], Iterator[str]] | None = None  # one text for all runs
    save: Callable[[Iterable[Run], Path], None] | None = None  # a file, or ``files`` in a folder
    files: tuple[str, ...] = ()
    failed: bool = True  # whether it has a place for cells without a time; others leave them out


FORMATS: Mapping[str, Format] = {
    "parquet": Format("a folder of Parquet files", ".parquet", save=parquet.save, files=parquet.FILES),
    "duckdb": Format("a DuckDB database", ".duckdb", save=duckdb_file.save),
    "pyperf": Format("a suite for `pyperf compare_to`", ".json", text=pyperf_suite.text, failed=False),
    "bencher": Format("the Bencher Metric Format", ".json", text=bencher.text, failed=False),
    "github-action-benchmark": Format("customSmallerIsBetter", ".json", text=github_action.text, failed=False),
    "openmetrics": Format("metrics for Prometheus", ".prom", text=openmetrics.text),
    "csv": Format("the table of cells", ".csv", pieces=csv_text.pieces),
    "json": Format("the records, with estimates", ".json", pieces=json_text.pieces),
}
