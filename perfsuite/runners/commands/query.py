"""Run SQL over records; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from perfsuite.exporting import query, sources
from perfsuite.exporting.tables import TABLES
from perfsuite.model.printable import visible
from perfsuite.model.record import to_json
from perfsuite.reporting.tables import field
from perfsuite.reporting.text.grid import Column, draw

MOST = 200  # rows of a printed table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The query and the records."""
    parser.add_argument("sql", metavar="SQL", help=f"a query over the tables {', '.join(TABLES)}")
    parser.add_argument(
        "records",
        nargs="*",
        default=[],
        type=Path,
        metavar="RECORD",
        help="record files, ids or folders (default: all results)",
    )
    parser.add_argument("--csv", action="store_true", help="print CSV")


def main(options: argparse.Namespace) -> int:
    """Print the answer.

    Raises:
        ValueError: the query is refused, a record is damaged, or DuckDB is not installed.
    """
    files = sources.chosen(options.records or [options.results], options.results)
    found = query.answer(options.sql, files, options.results)
    names, rows = found.names, found.rows
    if options.json:
        print(json.dumps([dict(zip(names, _plain(row), strict=True)) for row in rows], default=str, allow_nan=False))
    elif options.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(map(field, names))
        writer.writerows([field(one) if isinstance(one, str) else one for one in row] for row in rows)
    elif names:
        _print(names, rows)
    return 0


def _plain(row: Sequence[Any]) -> list[Any]:
    found = to_json(list(row))
    assert isinstance(found, list)
    return found


def _print(names: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
    shown = [row for _, row in zip(range(MOST), rows, strict=False)]
    more = sum(1 for _ in rows)
    columns = [
        Column(visible(name), right=all(isinstance(row[at], int | float | None) for row in shown))
        for at, name in enumerate(names)
    ]
    width = shutil.get_terminal_size((120, 24)).columns
    for line in draw(columns, [[_text(value) for value in row] for row in shown], width):
        print(line)
    if more:
        print(f"{more:,} more rows: --csv prints all, `limit` in the query fewer", file=sys.stderr)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else visible(str(value))
