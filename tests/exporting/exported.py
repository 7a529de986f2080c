"""What the tests of exports share: records on disk, and the command."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import made

from perfsuite.model.record import Run
from perfsuite.records.store import write
from perfsuite.runners import cli


def series(count: int, run: Run | None = None) -> list[Run]:
    """Runs of consecutive seconds that differ in nothing else."""
    return [
        dataclasses.replace(
            run or made.small(), run=f"20261121-2350{at:02}-{at:04x}", started=f"2026-11-21T23:50:{at:02}Z"
        )
        for at in range(count)
    ]


def kept(folder: Path, *runs: Run) -> list[Path]:
    return [write(run, folder) for run in runs]


def export(folder: Path, *arguments: Any) -> int:
    """The exit code of ``export`` with the results in ``folder``."""
    return cli.main(["export", "--results", str(folder), *map(str, arguments)])


def query(folder: Path, *arguments: Any) -> int:
    return cli.main(["query", "--results", str(folder), *map(str, arguments)])


def complaint(capsys: Any) -> str:
    """The one line of stderr."""
    out, err = capsys.readouterr()
    assert not out and err.count("\n") == 1 and "Traceback" not in err, (out, err)
    return str(err)
