"""Arguments that several commands take, and the types of their values."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from perfsuite.project import catalogue
from perfsuite.records.store import latest, named

RESULTS = catalogue.ROOT / "results"


def add_common(parser: argparse.ArgumentParser) -> None:
    """Arguments of every command."""
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument(
        "--tree", type=tree, default=catalogue.IMPLS, help="the folder of the package in another checkout"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def add_selection(parser: argparse.ArgumentParser, option: str = "-k") -> None:
    """Which cells."""
    text = "only cells that match, as in pytest" if option == "-k" else "only cells that match, as with -k"
    parser.add_argument(option, dest="select", metavar="EXPR", default="", help=text)


def add_amount(parser: argparse.ArgumentParser) -> None:
    """How much of a run is printed."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--all", action="store_true", help="print every ladder, even for very many cells")
    either.add_argument("--quiet", action="store_true", help="print only the path of what was written, and failures")


def add_record(parser: argparse.ArgumentParser) -> None:
    """Which stored run."""
    parser.add_argument(
        "record", nargs="?", type=Path, help="a record file, or the id of a run below the results (default: the newest)"
    )


def record(options: argparse.Namespace) -> Path:
    """The record file that ``options`` name.

    Raises:
        FileNotFoundError: there is none.
    """
    return named(options.results, options.record) if options.record else latest(options.results)


def add_evidence(parser: argparse.ArgumentParser) -> None:
    """Which of the project's records to add to or show."""
    parser.add_argument(
        "--record", type=Path, help="the record file (default: the project's, for this kind of machine)"
    )
    parser.add_argument("--table", action="store_true", help="print the table of the record, measure nothing")


def positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    """An argument type for numbers above 0."""

    def read(text: str) -> float:
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    read.__name__ = getattr(kind, "__name__", "number")
    return read


def tree(text: str) -> Path:
    """An argument type for an impls folder."""
    path = Path(text).resolve()
    if not (path / "__init__.py").is_file():
        raise argparse.ArgumentTypeError(f"{text} is not an impls folder: it has no __init__.py")
    return path
