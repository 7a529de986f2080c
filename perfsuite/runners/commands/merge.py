"""Merge the records of all shards of a run; see :data:`perfsuite.runners.commands.COMMANDS`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from perfsuite.exporting import sources
from perfsuite.model.printable import visible
from perfsuite.records import store
from perfsuite.sharding.merge import merge


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which records, and where to."""
    parser.add_argument("records", nargs="+", type=Path, metavar="RECORD", help="record files, ids or folders")
    parser.add_argument(
        "-o", dest="out", type=Path, metavar="OUT", help="a new file, *.jsonl.gz (default: one below the results)"
    )


def main(options: argparse.Namespace) -> int:
    """Write one record of all shards, and say where its parts come from.

    Raises:
        ValueError: they are not all shards of one run, each once, or the file that ``-o`` names exists.
    """
    out: Path | None = options.out
    if out and not out.name.endswith(".jsonl.gz"):
        raise ValueError(f"-o {out} is not a name of a record file: it must end with .jsonl.gz")
    if out and out.exists():
        raise ValueError(f"{out} exists, and is not replaced: name another file with -o")
    head, records = merge(sources.chosen(options.records, options.results))
    path = store.save(head, records, out or store.place(head, options.results))
    nodes = {shard.node for shard in head.shards}
    told = {"shards": len(head.shards), "cells": head.shards[0].total, "nodes": sorted(nodes), "record": str(path)}
    if options.json:
        print(json.dumps(told))
    else:
        print(f"merged {told['shards']} shards, {told['cells']} cells, from {len(nodes)} machine(s)")
        print(f"record  {visible(str(path))}")
    return 0
