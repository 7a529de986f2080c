"""Helpers for commands that measure for the project's own records, or in their own worker."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from perfsuite.calibration.machines import tables
from perfsuite.host import scratch
from perfsuite.model.printable import many_lines
from perfsuite.project import mount
from perfsuite.workers.process import Process


@contextlib.contextmanager
def worker(tree: Path) -> Iterator[Process]:
    """A worker for one request outside a run."""
    scratch.sweep()
    with scratch.Scratch() as folder:
        mount.lay(tree, folder / "mount", mount.alone())
        with Process(folder / "mount", folder, timeout=300) as process:
            yield process


def show(options: argparse.Namespace, path: Path, load: Callable[[Path], Any], table: Callable[[Any], str]) -> int:
    """Print a record; with --table alone, all records of the project, one for each kind of machine."""
    if options.json:
        print(json.dumps(load(path)))
    elif options.table and not options.record:
        print(many_lines(tables(path.parent, lambda one: table(load(one)))), end="")
    else:
        print(many_lines(table(load(path))), end="")
    return 0
