"""DuckDB: a database with the three tables, whose columns have comments."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from perfsuite.exporting.optional import library
from perfsuite.exporting.tables import BUILD, FLAG, INTEGER, MOMENT, NUMBER, TABLES, TEXT
from perfsuite.model.record import Run

TYPES = {TEXT: "VARCHAR", NUMBER: "DOUBLE", INTEGER: "BIGINT", FLAG: "BOOLEAN", MOMENT: "TIMESTAMP"}
SETTINGS = {"autoinstall_known_extensions": False, "memory_limit": "512MB"}  # nothing is downloaded; more is spilled


def save(runs: Iterable[Run], path: Path) -> None:
    """Write the database at ``path``; an unknown figure is null, a moment is UTC.

    Raises:
        ValueError: duckdb is not installed.
        OSError: the file cannot be written.
    """
    duckdb = library("duckdb", "--to duckdb")
    try:
        with duckdb.connect(str(path), config=SETTINGS) as database:
            for name in TABLES:
                database.execute(create(name))
                for column, told in TABLES[name].items():
                    database.execute(f'comment on column {name}."{column}" is {_quoted(_comment(told))}')
            for run in runs:
                for name, build in BUILD.items():
                    add(database, name, build(run))
    except duckdb.Error as problem:  # a full disk is an IOException here, and a TransactionException there
        raise OSError(" ".join(str(problem).split())) from None


def create(table: str) -> str:
    """The statement that creates ``table``."""
    columns = ", ".join(f'"{name}" {TYPES[column.kind]}' for name, column in TABLES[table].items())
    return f"create table {table} ({columns})"


def add(database: Any, table: str, rows: Any) -> None:
    """Add ``rows``, a table of pandas with the columns of ``table``."""
    database.register("added", rows)
    try:
        database.execute(f"insert into {table} by name select * from added")
    finally:
        database.unregister("added")


def _comment(column: Any) -> str:
    return f"{column.what} [{column.unit}]" if column.unit else column.what


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
