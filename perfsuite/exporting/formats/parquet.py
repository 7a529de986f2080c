"""Parquet: a file for each table; the schema's fields say what a column holds and in which unit."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from perfsuite.exporting.optional import library
from perfsuite.exporting.tables import BUILD, FLAG, INTEGER, MOMENT, NUMBER, TABLES, TEXT
from perfsuite.model.record import Run

FILES = tuple(f"{name}.parquet" for name in TABLES)


def save(runs: Iterable[Run], folder: Path) -> None:
    """Write ``runs.parquet``, ``cells.parquet`` and ``samples.parquet`` into ``folder``; a run is a group of rows.

    An unknown figure is null.

    Raises:
        ValueError: pyarrow is not installed.
    """
    arrow, parquet = library("pyarrow", "--to parquet"), library("pyarrow.parquet", "--to parquet")
    with ExitStack() as stack:
        schemas = {name: schema(name, arrow) for name in TABLES}
        files = {
            name: stack.enter_context(parquet.ParquetWriter(folder / f"{name}.parquet", one, compression="zstd"))
            for name, one in schemas.items()
        }
        for run in runs:
            for name, build in BUILD.items():
                files[name].write_table(arrow.Table.from_pandas(build(run), schemas[name], preserve_index=False))


def schema(table: str, arrow: Any) -> Any:
    """The schema of ``table``: each field's metadata has ``description``, and ``unit`` where there is one."""
    kinds = {
        TEXT: arrow.string(),
        NUMBER: arrow.float64(),
        INTEGER: arrow.int64(),
        FLAG: arrow.bool_(),
        MOMENT: arrow.timestamp("us", tz="UTC"),
    }
    return arrow.schema(
        [
            arrow.field(
                name,
                kinds[column.kind],
                metadata={"description": column.what, **({"unit": column.unit} if column.unit else {})},
            )
            for name, column in TABLES[table].items()
        ]
    )
