"""Histories that no machine measured: commits of a real repository, and a record for each."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import own

from perfsuite.history import commits, history, runs
from perfsuite.history.commits import Commits
from perfsuite.history.history import History
from perfsuite.model.record import Launch, Problem, Record, Roof, Run, Variant
from perfsuite.records.store import write

NOW = datetime(2036, 1, 1, tzinfo=UTC)  # after every commit that a test makes
CLASS = "some-cpu-2c-00000000"
MACHINE = {"cpu": "Some CPU", "cores": 2, "memory": 16 * 2**30, "kernel": "6.1"}
CELL = "lib.work/f/eager/cpu/n1/1"


def repository(root: Path, number: int) -> Commits:
    """A repository with ``number`` commits."""
    root.mkdir()
    own.git(root, "init", "-q", "-b", "main")
    for at in range(number):
        own.commit(root, f"version {at}", {"src/mylib/__init__.py": f"N = {at}\n"})
    return commits.of(root)


def run(number: int, commit: str, times: Mapping[str, float], noise: float = 0.002, **changes: Any) -> Run:
    """A run of ``commit`` with these seconds of a call, and some noise."""
    rng = random.Random(number)  # the same noise whatever the hashes of the commits are
    began = NOW - timedelta(hours=1000 - number)
    names = sorted({cell.split("/")[0] for cell in times})
    records = tuple(
        Record(
            cell,
            "ok",
            dtype="float32",
            launches=tuple(Launch(at, 10, 0.0, 1.0, (float(at),), (seconds * rng.gauss(1, noise),)) for at in range(3)),
        )
        for cell, seconds in times.items()
    )
    given: dict[str, Any] = {
        "run": f"{began:%Y%m%d-%H%M%S}-{number:04x}",
        "started": began.isoformat(),
        "seconds": 1.0,
        "partial": False,
        "selection": "full",
        "command": "",
        "left_out": "",
        "commit": commit,
        "dirty": False,
        "tree": "tree",
        "machine": MACHINE,
        "environment": {"torch": "2.0"},
        "machine_class": CLASS,
        "roofs": (Roof("fp32", "1", "cpu", 1e9, 1e9, "FLOP/s", "mm"),),
        "problems": tuple(
            Problem(name, name, "?", (), "f", "1", (Variant("f", "", "", "", f"hash {number}"),)) for name in names
        ),
        "records": records,
    }
    return Run(**{**given, **changes})


def stored(folder: Path, made: Sequence[Run]) -> list[Path]:
    """The record files of these runs."""
    return [write(one, folder) for one in made]


def found(tmp: Path, known: Commits, wanted: str = "", here: str = CLASS, memory: float = 16 * 2.0**30) -> runs.Runs:
    """The runs below ``tmp / "results"``."""
    return runs.found([tmp / "results"], tmp / "index", known, (here, memory), wanted, NOW)


def whole(tmp: Path, known: Commits, anchor: str = "") -> History:
    """The history below ``tmp``."""
    return history.of(found(tmp, known), "", tmp / "results", tmp / "repo", anchor)


def again(one: Any, **changes: Any) -> Any:
    return dataclasses.replace(one, **changes)
