"""``export``: which records, where to, what is left out, and one line for whatever is wrong."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import sys
from pathlib import Path
from typing import Any

import exported
import made
import pytest

from perfsuite.exporting import outputs
from perfsuite.exporting.formats import FORMATS, duckdb_file

Out = pytest.CaptureFixture[str]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Three runs."""
    exported.kept(tmp_path / "results", *exported.series(3))
    return tmp_path / "results"


def test_the_newest_is_meant_unless_others_are_named(results: Path, capsys: Out):
    ids = [run.run for run in exported.series(3)]

    def runs(*names: Any) -> list[str]:
        assert exported.export(results, "--to", "json", *names) == 0
        return [one["run"] for one in json.loads(capsys.readouterr().out)["runs"]]

    assert runs() == ids[2:]
    assert runs(results) == ids
    assert runs(ids[1], next(results.glob(f"*/*-{ids[0][-4:]}.jsonl.gz"))) == [ids[1], ids[0]]
    assert runs(ids[1], ids[1]) == ids[1:2]


def test_a_text_for_each_record_is_a_file_for_each(results: Path, tmp_path: Path, capsys: Out):
    assert exported.export(results, "--to", "bencher", results, "-o", tmp_path / "out") == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == sorted(path.name.replace(".jsonl.gz", ".json") for path in results.glob("*/*.gz"))
    assert sorted(capsys.readouterr().out.splitlines()) == [str(tmp_path / "out" / name) for name in names]
    assert exported.export(results, "--to", "bencher", results) == 2
    assert "3 records make 3 files: name a folder for them with -o" in exported.complaint(capsys)


def test_several_runs_are_one_table(results: Path, tmp_path: Path):
    assert exported.export(results, "--to", "csv", results, "-o", tmp_path / "all.csv") == 0
    lines = (tmp_path / "all.csv").read_text().splitlines()
    assert len(lines) == 1 + 3 * len(made.small().records)
    assert sum(line.startswith("run,started,commit") for line in lines) == 1


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_is_replaced_unless_that_is_asked_for(results: Path, tmp_path: Path, capsys: Out, name: str):
    form = FORMATS[name]
    if form.save:
        pytest.importorskip({"parquet": "pyarrow"}.get(name, name))
    out = tmp_path / f"out{form.suffix}"
    assert exported.export(results, "--to", name, "-o", out) == 0
    files = [out / one for one in form.files] or [out]
    for file in files:
        file.write_text("mine")
    capsys.readouterr()
    assert exported.export(results, "--to", name, "-o", out) == 2
    assert f"{files[0]} exists: name another file with -o, or replace it with --force" in exported.complaint(capsys)
    assert files[0].read_text() == "mine"
    assert exported.export(results, "--to", name, "-o", out, "--force") == 0
    assert files[0].read_bytes() != b"mine"


def test_what_has_no_place_is_counted(tmp_path: Path, capsys: Out):
    run = made.small()
    timed = [record for record in run.records if record.status == "ok"]
    failed = [
        dataclasses.replace(timed[at], status=status, reason="it is", launches=(), trace="")
        for at, status in enumerate(("wrong", "wrong", "skipped"))
    ]
    exported.kept(tmp_path, dataclasses.replace(run, records=(*failed, *timed[3:])))
    assert exported.export(tmp_path, "--to", "bencher", "-o", tmp_path / "x.json", "--json") == 0
    out, err = capsys.readouterr()
    count = len(timed)
    assert err == f"left out 3 of {count} cells, because bencher needs a time: 2 wrong, 1 skipped\n"
    assert json.loads(out) == {
        "to": "bencher",
        "written": [str(tmp_path / "x.json")],
        "runs": 1,
        "cells": count,
        "left_out": {"wrong": 2, "skipped": 1},
    }
    assert exported.export(tmp_path, "--to", "csv") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if not form.failed])
def test_a_run_without_any_time_is_no_empty_file(tmp_path: Path, capsys: Out, name: str):
    run = made.small()
    (failed,) = [dataclasses.replace(run.records[0], status="wrong", reason="it is", launches=(), trace="")]
    exported.kept(tmp_path, dataclasses.replace(run, records=(failed,)))
    assert exported.export(tmp_path, "--to", name, "-o", tmp_path / "x.json") == 2
    assert "has no cell with a time" in exported.complaint(capsys)
    assert not list(tmp_path.glob("*x.json*"))


# -- what is wrong is said in one line, and nothing is left behind -----------------------------------------------------


def test_an_unknown_format_is_asked_after(results: Path, capsys: Out):
    with pytest.raises(SystemExit) as ended:
        exported.export(results, "--to", "parket")
    assert ended.value.code == 2
    assert "no format 'parket': did you mean 'parquet'?; there are parquet, duckdb" in capsys.readouterr().err


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("what", ["foreign", "cut", "missing"])
def test_a_bad_record_leaves_nothing(results: Path, tmp_path: Path, capsys: Out, name: str, what: str):
    if FORMATS[name].save:
        pytest.importorskip({"parquet": "pyarrow"}.get(name, name))
    bad = tmp_path / "bad.jsonl.gz"
    if what == "foreign":
        bad.write_bytes(b"PK\x03\x04 somebody else's")
    elif what == "cut":
        whole = next(results.glob("*/*.gz")).read_bytes()
        bad.write_bytes(whole[: len(whole) // 2])
    good = next(results.glob("*/*.gz"))
    out = tmp_path / "out[1]"
    assert exported.export(results, "--to", name, good, bad, "-o", out) == 2
    assert str(bad) in exported.complaint(capsys)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["results", *(["bad.jsonl.gz"] if bad.exists() else [])]
    )


def test_the_same_run_twice_is_refused(results: Path, tmp_path: Path, capsys: Out):
    exported.kept(tmp_path / "archive", dataclasses.replace(exported.series(1)[0], left_out="another file, one run"))
    assert exported.export(results, "--to", "csv", results, tmp_path / "archive", "-o", tmp_path / "x.csv") == 2
    assert "20261121-235000-0000 is in " in exported.complaint(capsys)


def test_a_folder_without_records_is_named(results: Path, tmp_path: Path, capsys: Out):
    (tmp_path / "empty").mkdir()
    assert exported.export(results, "--to", "csv", tmp_path / "empty") == 2
    assert f"no record file (*.jsonl.gz) below {tmp_path / 'empty'}" in exported.complaint(capsys)


@pytest.mark.parametrize("name", ["parquet", "duckdb"])
def test_what_is_not_text_needs_a_place(results: Path, capsys: Out, name: str):
    assert exported.export(results, "--to", name) == 2
    assert "cannot be printed: say where to write with -o" in exported.complaint(capsys)


def test_a_file_is_no_folder_and_a_folder_no_file(results: Path, tmp_path: Path, capsys: Out):
    (tmp_path / "file").write_text("")
    assert exported.export(results, "--to", "parquet", "-o", tmp_path / "file", "--force") == 2
    assert "is a file: name a folder with -o" in exported.complaint(capsys)
    assert exported.export(results, "--to", "csv", "-o", tmp_path) == 2
    assert "is a folder: name a file with -o" in exported.complaint(capsys)
    assert exported.export(results, "--to", "csv", "-o", tmp_path / "file" / "x.csv") == 2
    assert "file is a file, so nothing can be written below it" in exported.complaint(capsys)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_device_is_named(results: Path, capsys: Out):
    assert exported.export(results, "--to", "json", "-o", "/dev/full") == 2
    assert "No space left on device: '/dev/full'" in exported.complaint(capsys)


@pytest.mark.parametrize("name", FORMATS)
def test_a_disk_that_fills_leaves_nothing(
    results: Path, tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch, name: str
):
    """The error of the disk comes where the last file is put in place, and names what was asked for."""
    if FORMATS[name].save:
        pytest.importorskip({"parquet": "pyarrow"}.get(name, name))

    def full(path: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(Path, "replace", full)
    assert exported.export(results, "--to", name, "-o", tmp_path / "out") == 2
    said = exported.complaint(capsys)
    assert f"No space left on device: '{tmp_path / 'out'}'" in said and ".part" not in said
    assert [path.name for path in tmp_path.rglob("*.part*")] == []


def test_an_error_of_duckdb_is_one_line(results: Path, tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch):
    """On a full disk it is not one of its input and output."""
    duckdb = pytest.importorskip("duckdb")

    def full(database: Any, table: str, rows: Any) -> None:
        file = database.execute("select path from duckdb_databases() where not internal").fetchone()[0]
        raise duckdb.TransactionException(
            f'Failed to commit:\nCould not write file "{file}.wal": No space left on device'
        )

    monkeypatch.setattr(duckdb_file, "add", full)
    assert exported.export(results, "--to", "duckdb", "-o", tmp_path / "out") == 2
    said = exported.complaint(capsys)
    assert f"{tmp_path / 'out'}: " in said and f'Could not write file "{tmp_path / "out"}.wal": No space' in said
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


@pytest.mark.parametrize(("name", "package"), [("parquet", "pyarrow"), ("duckdb", "duckdb")])
def test_a_missing_library_is_named(
    results: Path, tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch, name: str, package: str
):
    for module in [package, *(one for one in sys.modules if one.startswith(f"{package}."))]:
        monkeypatch.setitem(sys.modules, module, None)
    assert exported.export(results, "--to", name, "-o", tmp_path / "out") == 2
    assert f"--to {name} needs {package}: pip install {package} (or the extra 'export')" in exported.complaint(capsys)
    assert not (tmp_path / "out").exists()


def test_an_error_of_another_file_keeps_its_name(tmp_path: Path):
    with pytest.raises(OSError, match="a record"), outputs.file(tmp_path / "out", force=False):
        raise OSError(errno.EACCES, "Permission denied", "a record")
