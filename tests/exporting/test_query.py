"""``query``: SQL over the records of a folder."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import sys
from pathlib import Path

import exported
import made
import pytest

from perfsuite.exporting import query, sources
from perfsuite.runners.commands import clean
from perfsuite.runners.commands import query as command

pytest.importorskip("duckdb")
Out = pytest.CaptureFixture[str]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Three runs, in a folder whose name is a pattern and a quotation."""
    folder = tmp_path / "re[s]ult's"
    exported.kept(folder, *exported.series(3))
    return folder


def test_it_reads_all_records_of_the_results(results: Path, capsys: Out):
    assert exported.query(results, "select run, count(*) as n from cells group by run order by run") == 0
    assert capsys.readouterr().out.splitlines() == [
        "run                    n",
        *(f"{run.run}  {len(run.records)}" for run in exported.series(3)),
    ]


def test_the_name_of_a_folder_is_no_pattern(results: Path, tmp_path: Path):
    """``re[s]ult's`` is not ``result's``, where somebody else's files have the same names."""
    assert exported.query(results, "select cell from cells") == 0
    others = tmp_path / "result's" / query.FOLDER
    others.mkdir(parents=True)
    for path in (results / query.FOLDER).iterdir():
        (others / path.name).write_text("somebody else's")
    assert exported.query(results, "select cell from cells") == 0


def test_or_those_that_are_named(results: Path, capsys: Out):
    run = exported.series(3)[1]
    assert exported.query(results, "--json", "select distinct run, machine_class from cells", run.run) == 0
    assert json.loads(capsys.readouterr().out) == [{"run": run.run, "machine_class": run.machine_class}]


def test_the_three_tables_fit_together(results: Path, capsys: Out):
    sql = """select r.run, c.cell, c.seconds, median(of_launch) as again
        from runs r join cells c using (run)
        join (select run, cell, launch, median(seconds) as of_launch from samples group by all) using (run, cell)
        group by all"""
    assert exported.query(results, "--json", sql) == 0
    found = json.loads(capsys.readouterr().out)
    timed = sum(record.status == "ok" for record in made.small().records)
    assert len(found) == 3 * timed
    assert all(one["again"] == pytest.approx(one["seconds"]) for one in found)


def test_csv_is_whole_and_no_formula(results: Path, capsys: Out):
    sql = "select '=1+1' as a, null as b, 0.1 + 0.2 as c, range as d from range(500)"
    assert exported.query(results, "--csv", sql) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["a", "b", "c", "d"] and len(rows) == 501
    assert rows[1][:2] == ["'=1+1", ""]


def test_a_long_table_is_cut_and_that_is_said(results: Path, capsys: Out):
    assert exported.query(results, "select * from range(1500)") == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1 + command.MOST
    assert err == "1,300 more rows: --csv prints all, `limit` in the query fewer\n"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("selec 1", "DuckDB: Parser Error: syntax error"),
        ("select secnds from cells", "DuckDB: Binder Error"),
        ("select * from cels", 'Did you mean "cells"'),
        ("select error('a\nb') from cells", "DuckDB: Invalid Input Error: a b"),
        ("select cast(cell as integer) from cells", "DuckDB: Conversion Error"),
        ("", "no query"),
    ],
)
def test_bad_sql_is_one_line(results: Path, capsys: Out, sql: str, said: str):
    assert exported.query(results, sql) == 2
    assert said in exported.complaint(capsys)


def test_a_damaged_record_is_named(results: Path, capsys: Out):
    bad = next(results.glob("*/*.gz")).with_name("2026-12-01T000000-x-0000.jsonl.gz")
    bad.write_bytes(b"\x1f\x8b")
    assert exported.query(results, "select 1 from cells") == 2
    assert f"{bad} is not a readable record file" in exported.complaint(capsys)


def test_one_run_in_two_files_is_refused(results: Path, capsys: Out):
    exported.kept(results / "archive", dataclasses.replace(exported.series(1)[0], left_out="another file, one run"))
    assert exported.query(results, "select count(*) from cells") == 2
    assert "run 20261121-235000-0000 is in two of these records" in exported.complaint(capsys)


def test_without_duckdb_it_says_what_to_install(results: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert exported.query(results, "select 1") == 2
    assert "`query` needs duckdb: pip install duckdb" in exported.complaint(capsys)


def test_a_record_is_read_once_and_again_when_it_or_the_code_changes(
    results: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
):
    read = []
    real = sources.read
    monkeypatch.setattr(sources, "read", lambda path: read.append(path) or real(path))
    sql = "select count(*) as n from cells"
    assert exported.query(results, sql) == 0
    assert len(read) == 3
    assert exported.query(results, sql) == 0
    assert len(read) == 3
    path = exported.kept(results, dataclasses.replace(exported.series(1)[0], seconds=1.0))
    assert exported.query(results, sql) == 0
    assert read[3:] == path
    monkeypatch.setattr(query, "code", lambda: b"another version")
    assert exported.query(results, sql) == 0
    assert len(read) == 7


def test_samples_are_made_only_for_a_query_that_names_them(results: Path):
    assert exported.query(results, "select samples from cells") == 0  # a column of this name
    folder = results / query.FOLDER
    assert {path.name.split(".")[1] for path in folder.iterdir()} == {"cells", "runs"}
    assert exported.query(results, "select avg(seconds) from samples") == 0
    assert {path.name.split(".")[1] for path in folder.iterdir()} == {"cells", "runs", "samples"}
    assert query.FOLDER in clean.FOLDERS
