"""SQL over records: DuckDB reads Parquet files that are made from each record once, and kept.

Only the tables that a query names are made. The files are in a folder of the results, named after the content of the
record and the code that made them, so that neither a changed record nor a new version is answered from an old file.
"""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from perfsuite.exporting import sources
from perfsuite.exporting.formats.duckdb_file import SETTINGS, add, create
from perfsuite.exporting.optional import library
from perfsuite.exporting.sources import Tally
from perfsuite.exporting.tables import BUILD, TABLES

BATCH = 1000  # rows that are fetched at once
FOLDER = "query"  # below the results; `clean` removes it
ENGINE = Path(__file__).parents[1]
CODE = (
    "model/*.py",
    "reporting/frame.py",
    "reporting/metrics.py",
    "exporting/*.py",
    "exporting/formats/duckdb_file.py",
)


@dataclass(frozen=True)
class Answer:
    """What DuckDB answered."""

    names: tuple[str, ...]  # of the columns
    rows: Iterator[tuple[Any, ...]]


def answer(sql: str, files: Sequence[Path], results: Path) -> Answer:
    """The answer to ``sql`` over the tables ``cells``, ``samples`` and ``runs`` of ``files``.

    Raises:
        ValueError: DuckDB is not installed or refuses the query, a record is damaged, or two hold the same run.
    """
    duckdb = library("duckdb", "`query`")
    folder = results / FOLDER
    with _one_line(duckdb):
        database = duckdb.connect(config={**SETTINGS, "temp_directory": str(folder / f"spilled-{os.getpid()}")})
        for table, paths in _made(files, {*_named(sql, duckdb), "runs"}, folder, duckdb).items():
            listed = ", ".join("'" + glob.escape(str(path.absolute())).replace("'", "''") + "'" for path in paths)
            database.execute(f"create view {table} as select * from read_parquet([{listed}])")
        if twice := database.execute("select run from runs group by run having count(*) > 1 limit 1").fetchone():
            raise ValueError(f"run {twice[0]} is in two of these records: name only one of them")
        cursor = database.execute(sql)
    if cursor is None:
        raise ValueError("no query: give one, such as 'select cell, seconds from cells'")
    return Answer(tuple(column[0] for column in cursor.description or ()), _rows(cursor, duckdb))


def _rows(cursor: Any, duckdb: Any) -> Iterator[tuple[Any, ...]]:
    with _one_line(duckdb):
        while batch := cursor.fetchmany(BATCH):
            yield from batch


@contextmanager
def _one_line(duckdb: Any) -> Iterator[None]:
    """An error of DuckDB as one line."""
    try:
        yield
    except duckdb.Error as problem:
        raise ValueError(f"DuckDB: {' '.join(str(problem).split())}") from None


def _named(sql: str, duckdb: Any) -> set[str]:
    """The tables that ``sql`` reads; all of them if DuckDB cannot tell."""
    with duckdb.connect(config=SETTINGS) as database:
        for table in TABLES:
            database.execute(create(table))
        try:
            return set(database.get_table_names(sql)) & {*TABLES} or {*TABLES}
        except duckdb.Error:  # the query will be refused, or is several statements
            return {*TABLES}


def _made(files: Iterable[Path], tables: set[str], folder: Path, duckdb: Any) -> dict[str, list[Path]]:
    """For each of ``tables`` its files, made where they are missing."""
    found: dict[str, list[Path]] = {table: [] for table in TABLES if table in tables}
    folder.mkdir(parents=True, exist_ok=True)
    for path in files:
        key = hashlib.sha256(code() + path.read_bytes()).hexdigest()[:32]
        targets = {table: folder / f"{key}.{table}.parquet" for table in found}
        missing = [table for table, target in targets.items() if not target.exists()]
        if missing:
            _make(path, {table: targets[table] for table in missing}, duckdb)
        for table, target in targets.items():
            found[table].append(target)
    return found


def _make(path: Path, targets: dict[str, Path], duckdb: Any) -> None:
    (run,) = sources.runs([path], Tally())
    with duckdb.connect(config=SETTINGS) as database:
        for table, target in targets.items():
            database.execute(create(table))
            add(database, table, BUILD[table](run))
            beside = target.with_name(f".{target.name}.{os.getpid()}.part")
            try:
                quoted = str(beside).replace("'", "''")
                database.execute(f"copy {table} to '{quoted}' (format parquet, compression zstd)")
                beside.replace(target)
            finally:
                beside.unlink(missing_ok=True)


@cache
def code() -> bytes:
    """A hash of the code that the tables come from."""
    found = hashlib.sha256()
    for pattern in CODE:
        for path in sorted(ENGINE.glob(pattern)):
            found.update(path.read_bytes())
    return found.digest()
