"""What a history needs of each record file, kept in a small file of its own, so that it is read only once.

An entry is used as long as the record file has the same size and time of change. The folder may be deleted at any time.
"""

from __future__ import annotations

import array
import contextlib
import dataclasses
import functools
import gc
import hashlib
import json
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from perfsuite.host import machine
from perfsuite.records.brief import Brief, brief

ENOUGH = 100  # record files without an entry, for which starting processes is worth it
MOST = 4  # processes that read them
FORMAT = 2  # of the entries; another one is read anew
PLACE = "history/index"  # of the entries, below the results
COLUMNS = (("work", "I"), ("source", "I"), ("launches", "H"), ("medians", "d"))


def fill(paths: Sequence[Path], folder: Path, processes: int | None = None) -> None:
    """Make the entries of those of ``paths`` that have none, if these are many, in one process for each core.

    What cannot be read gets no entry and raises nothing: that is left to :func:`briefs`.
    """
    new = [path for path in paths if not _entry(path, folder).exists()]
    processes = processes or min(MOST, machine.cores())
    if len(new) < ENOUGH or processes < 2:
        return
    with (
        contextlib.suppress(OSError, BrokenProcessPool),  # no processes here, or no memory for them
        # A record is many small values in no cycle: looking for cycles takes a third of the time.
        ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), gc.disable) as pool,
    ):
        list(pool.map(functools.partial(_fill, folder=folder), new, chunksize=8))


def note(path: Path, results: Path) -> None:
    """Make the entry of a record file that was just written, so that no history has to read the file."""
    _fill(path, results / PLACE)


def _fill(path: Path, folder: Path) -> None:
    with contextlib.suppress(ValueError, OSError):
        briefs(path, folder)


def _entry(path: Path, folder: Path) -> Path:
    return folder / hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:24]


def briefs(path: Path, folder: Path) -> Brief:
    """The brief of the record file ``path``, from its entry in ``folder`` or from the file, and then kept there.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a record file, or is damaged.
    """
    about = path.stat()
    key = [FORMAT, str(path.resolve()), about.st_size, about.st_mtime_ns]
    entry = _entry(path, folder)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # no entry, or not one of ours
        return _unpacked(entry.read_bytes(), key)
    read = brief(path)
    columns: dict[str, Any] = {name: array.array(code, getattr(read, name)) for name, code in COLUMNS}
    found = dataclasses.replace(read, cells=_shared("\n".join(read.cells)), **columns)
    with contextlib.suppress(OSError):  # a folder that cannot be written: it only takes longer the next time
        folder.mkdir(parents=True, exist_ok=True)
        part = entry.with_name(f"{entry.name}.{os.getpid()}.part")
        part.write_bytes(_packed(found, key))
        part.replace(entry)
    return found


def _packed(found: Brief, key: Sequence[Any]) -> bytes:
    names = [field.name for field in dataclasses.fields(Brief)]
    head = {name: getattr(found, name) for name in names if name not in ("cells", *dict(COLUMNS))}
    columns = [getattr(found, name).tobytes() for name, _ in COLUMNS]
    line = {"key": key, "cells": "\n".join(found.cells), "sizes": list(map(len, columns)), "head": head}
    return json.dumps(line).encode() + b"\n" + b"".join(columns)


def _unpacked(data: bytes, key: Sequence[Any]) -> Brief:
    """The brief in an entry.

    Raises:
        ValueError: it is that of another file, or not whole.
    """
    at = data.index(b"\n") + 1
    line = json.loads(data[:at])
    if line["key"] != key or len(data) != at + sum(line["sizes"]):
        raise ValueError("another file")
    columns: dict[str, Any] = {}
    for (name, code), size in zip(COLUMNS, line["sizes"], strict=True):
        columns[name] = array.array(code)
        columns[name].frombytes(data[at : at + size])
        at += size
    cells = _shared(line["cells"])
    if len(cells) != len(columns["launches"]) or sum(columns["launches"]) != len(columns["medians"]):
        raise ValueError("not whole")
    return Brief(**line["head"], cells=cells, **columns)


@functools.lru_cache(maxsize=64)
def _shared(cells: str) -> tuple[str, ...]:
    """The names of cells, held in memory once for all runs of the same selection."""
    return tuple(cells.split("\n")) if cells else ()
