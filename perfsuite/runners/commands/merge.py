"""Merge the shards of a run, a comparison or a calibration; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from perfsuite.calibration import shards as sessions
from perfsuite.exporting import sources
from perfsuite.judging import shards as comparison
from perfsuite.model.printable import visible
from perfsuite.records import reading, store
from perfsuite.runners.commands import compare
from perfsuite.sharding.merge import merge

NAMES = {"run": "records of runs", "compare": "comparisons", "calibrate": "sessions of a calibration"}
ENDS = {"run": ".jsonl.gz", "compare": ".jsonl", "calibrate": ".jsonl"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which files, and where to."""
    parser.add_argument(
        "records", nargs="+", type=Path, metavar="RECORD", help="files of shards, ids of runs, or folders"
    )
    parser.add_argument(
        "-o", dest="out", type=Path, metavar="OUT", help="a new file (default: one below the results; or the project's)"
    )
    parser.add_argument("--all", action="store_true", help="show every row of a comparison, not only what was found")
    parser.add_argument("--markdown", action="store_true", help="print a comparison as Markdown for a pull request")


def main(options: argparse.Namespace) -> int:
    """Write one file of all shards, and say where its parts come from, or what the comparison found.

    Raises:
        ValueError: they are not all shards of one kind and of one run, each once, or the file that ``-o`` names exists.
    """
    kind, files = _files(options.records)
    out: Path | None = options.out
    if out and not out.name.endswith(ENDS[kind]):
        raise ValueError(f"-o {out} is not a name of a record file: it must end with {ENDS[kind]}")
    if out and out.exists():
        raise ValueError(f"{out} exists, and is not replaced: name another file with -o")
    if kind == "compare":
        return compare.merged(comparison.merge(files, options.results, out), options)
    if kind == "calibrate":
        found = sessions.merge(files)
        path = out or sessions.record(found)
        sessions.join(path, found)
        nodes = {session["origin"]["node"] for session in found}
        return _told(options, len(files), {"sessions": len(found)}, nodes, path)
    head, records = merge(sources.chosen(options.records, options.results))
    path = store.save(head, records, out or store.place(head, options.results))
    nodes = {shard.node for shard in head.shards}
    return _told(options, len(head.shards), {"cells": head.shards[0].total}, nodes, path)


def _told(options: argparse.Namespace, shards: int, held: dict[str, int], nodes: set[str], path: Path) -> int:
    ((what, number),) = held.items()
    if options.json:
        print(json.dumps({"shards": shards, what: number, "nodes": sorted(nodes), "record": str(path)}))
    else:
        print(f"merged {shards} shards, {number} {what}, from {len(nodes)} machine(s)")
        print(f"record  {visible(str(path))}")
    return 0


def _files(names: Sequence[Path]) -> tuple[str, list[Path]]:
    """What kind of shards ``names`` stand for, and the files if these are not records of runs.

    Raises:
        ValueError: they are of several kinds.
    """
    found: dict[str, list[Path]] = {}
    for name in names:
        if name.is_dir():
            if next(name.rglob(sources.FILES), None):
                found.setdefault("run", [])
            for path in sorted(name.rglob("*.jsonl")):
                kind, part = _kind(path)
                if part:
                    found.setdefault(kind, []).append(path)
        else:
            kind, _ = _kind(name) if name.suffix == ".jsonl" and name.is_file() else ("", False)
            found.setdefault(kind or "run", []).append(name)
    if len(found) > 1:
        raise ValueError(f"there are {' and '.join(NAMES[kind] for kind in found)}: merge each kind apart")
    kind, files = next(iter(found.items()), ("run", []))
    return kind, list(dict.fromkeys(files))


def _kind(path: Path) -> tuple[str, bool]:
    """What command wrote a file, by its first line, and whether it is a shard; "" if it is another file."""
    with path.open("rb") as file:
        line = file.readline()
    try:
        data = reading.parsed(line)
    except ValueError:
        return "", False
    if data.get("kind") == "compare":
        return "compare", "shard" in data
    return ("calibrate", "origin" in data) if "detector" in data else ("", False)
