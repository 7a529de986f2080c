"""The record file: what is written is read back, whole or not at all, and by later versions too."""

from __future__ import annotations

import dataclasses
import gzip
import json
from pathlib import Path

import pytest

from perfsuite.model.cell import Cell
from perfsuite.model.record import Cost, Launch, Problem, Proof, Record, Roof, Run, Variant
from perfsuite.records import store

CELL = "matmul.ladder/mm/eager/cpu/5x784x10/1"


def made() -> Run:
    launch = Launch(0, 250, 0.1, 0.2, (0.5,), (3e-6,), (1e-3,), (0.0,), (0,), (1,), {"first item": (0.1,)})
    return Run(
        run="20261121-235000-3f2a",
        started="2026-11-21T23:50:00+00:00",
        seconds=12.5,
        partial=False,
        selection="quick",
        command="python -m benchmarks run",
        left_out="",
        commit="0123456789abcdef",
        dirty=True,
        tree="feed",
        machine={"cpu": "made up"},
        environment={"torch": "2.15"},
        machine_class="made-up-2c",
        roofs=(Roof("fp32", "1", "cpu", 1e11, 9e10, "FLOP/s", "mm 1024"),),
        problems=(
            Problem(
                "matmul.ladder", "t", "q", ("MM-01",), "loop", "1", (Variant("mm", "l", "d", "s", "h", ("cuda",)),)
            ),
        ),
        records=(
            Record(CELL, "ok", "", "float32", "", 0, 78400, 47240, Proof(1e-6, 0.1, 3, 0.1, 3e-6), (launch,)),
            Record(CELL + "@cold", "skipped", "needs cuda", cost=Cost(200, "exact", 1, 1, 0, 47240)),
        ),
    )


def test_what_is_written_is_read_back(tmp_path: Path):
    path = store.write(made(), tmp_path)
    assert store.read(path) == made()
    assert path.parent.name == "made-up-2c"
    assert path.name == "2026-11-21T235000-0123456789-3f2a.jsonl.gz"
    assert store.latest(tmp_path) == path
    assert not list(tmp_path.rglob("*.part")), "nothing half-written is left"


def test_not_a_number_never_reaches_the_file(tmp_path: Path):
    run = dataclasses.replace(made(), seconds=float("nan"))
    path = store.write(run, tmp_path)
    with gzip.open(path, "rt") as lines:
        assert json.loads(next(lines))["seconds"] is None


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", gzip.compress(b"{}\n", mtime=0), gzip.compress(b"[1]\nnot json\n", mtime=0)]
)
def test_a_damaged_file_is_told_in_one_line(tmp_path: Path, content: bytes):
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"x\.jsonl\.gz is not a"):
        store.read(path)


def test_a_truncated_file_is_noticed(tmp_path: Path):
    path = store.write(made(), tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match="not a readable record file"):
        store.read(path)


def test_a_newer_schema_asks_for_an_update(tmp_path: Path):
    path = tmp_path / "new.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({"schema": 999}).encode() + b"\n"))
    with pytest.raises(ValueError, match=r"schema 999, this version reads up to \d+: update"):
        store.read(path)


def test_no_record_yet(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="python -m benchmarks run"):
        store.latest(tmp_path)


def test_a_cell_reads_back():
    assert str(Cell.parse(CELL + "@cold")) == CELL + "@cold"
    assert Cell.parse(CELL).way == "mm"
    assert Cell.parse("a.b/mm/compile/cpu/c/1").way == "mm:compile"


@pytest.mark.parametrize("text", ["", "mm", "a/b/c/d/e", "a/b/c/d/e/f/g", "a/b/c/d//f", CELL + "@warm"])
def test_what_is_no_cell_is_refused(text: str):
    with pytest.raises(ValueError, match="is not a cell; expected family"):
        Cell.parse(text)
