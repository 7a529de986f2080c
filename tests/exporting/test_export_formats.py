"""Each format is read by the tool that it is for, and holds the numbers of the record."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
import math
import re
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import exported
import made
import pandas as pd
import pytest

from perfsuite.exporting import sources, tables
from perfsuite.exporting.formats import FORMATS
from perfsuite.model import estimates
from perfsuite.model.estimates import Estimate
from perfsuite.model.record import Record, Run, to_json
from perfsuite.records import store
from perfsuite.reporting import frame
from perfsuite.reporting.metrics import METRICS

BMF = {  # the JSON Schema of the Bencher Metric Format, without room for anything else
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"minLength": 1, "maxLength": 1024},
    "additionalProperties": {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": "^[a-z-]{1,64}$"},
        "additionalProperties": {
            "type": "object",
            "required": ["value"],
            "properties": {name: {"type": "number"} for name in ("value", "lower_value", "upper_value")},
            "additionalProperties": False,
        },
    },
}


@pytest.fixture(scope="module")
def run() -> Run:
    """Every status, streams, several launches."""
    return made.realistic()


@pytest.fixture(scope="module")
def results(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    exported.kept(folder, run)
    return folder


def ok(run: Run) -> dict[str, tuple[Record, Estimate]]:
    """The cells that have a time."""
    found = {}
    for record in run.records:
        if record.status == "ok":
            estimate = estimates.seconds(record)
            assert estimate
            found[record.cell] = (record, estimate)
    assert 0 < len(found) < len(run.records)
    return found


def printed(results: Path, name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command prints without ``-o``."""
    assert exported.export(results, "--to", name) == 0
    out, err = capsys.readouterr()
    assert (f"because {name} needs a time" in err) == (not FORMATS[name].failed)
    return out


def test_csv_is_the_table_of_cells(results: Path, run: Run, capsys: pytest.CaptureFixture[str]):
    found = pd.read_csv(io.StringIO(printed(results, "csv", capsys)))
    assert list(found) == list(tables.TABLES["cells"])
    assert list(found["cell"]) == [record.cell for record in run.records]
    assert set(found["machine_class"]) == {run.machine_class}
    assert set(found.loc[found["seconds"].notna(), "cell"]) == set(ok(run))
    for cell, (_, estimate) in ok(run).items():
        assert found.set_index("cell")["seconds"][cell] == estimate.value


def test_json_is_the_record_with_estimates(results: Path, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (told,) = json.loads(printed(results, "json", capsys))["runs"]
    found = {one["cell"]: one.pop("estimate") for one in told["records"]}
    assert {cell for cell, one in found.items() if one} == set(ok(run))
    for cell, (_, estimate) in ok(run).items():
        assert Estimate(**found[cell]) == estimate
    # what is left is a record, which the reader of records takes back
    lines = [{name: value for name, value in told.items() if name != "records"} | {"records": []}, *told["records"]]
    again = tmp_path / "again.jsonl.gz"
    again.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    assert to_json(store.read(again)) == to_json(store.read(store.latest(results)))


def test_bencher_takes_it(results: Path, run: Run, capsys: pytest.CaptureFixture[str]):
    jsonschema = pytest.importorskip("jsonschema")
    found = json.loads(printed(results, "bencher", capsys))
    jsonschema.validate(found, BMF)
    assert set(found) == set(ok(run))
    for cell, (_, estimate) in ok(run).items():
        told = found[cell]["latency"]
        assert told["value"] == pytest.approx(1e9 * estimate.value)
        if estimate.launches > 1:
            assert told["lower_value"] <= told["value"] <= told["upper_value"]
            assert told["upper_value"] == pytest.approx(1e9 * estimate.high)
        else:
            assert set(told) == {"value"}


def test_github_action_benchmark_takes_it(results: Path, run: Run, capsys: pytest.CaptureFixture[str]):
    """Its reader wants a list of objects with ``name``, ``value`` and ``unit``, and takes ``range`` and ``extra``."""
    found = json.loads(printed(results, "github-action-benchmark", capsys))
    assert [one["name"] for one in found] == list(ok(run))
    for one in found:
        assert set(one) <= {"name", "unit", "value", "range", "extra"} and one["unit"] == "ns"
        assert isinstance(one["value"], float) and isinstance(one["extra"], str)
        assert len(f"{one['value']!r}".replace(".", "").strip("0")) <= 9, "the action shows every digit"
        record, estimate = ok(run)[one["name"]]
        assert one["value"] == pytest.approx(1e9 * estimate.value)
        if len(record.launches) > 1:
            half = float(one["range"].removeprefix("± "))  # as its charts take it apart
            assert half == pytest.approx(
                1e9 * max(estimate.high - estimate.value, estimate.value - estimate.low), rel=1e-4
            )


def test_prometheus_takes_it(results: Path, run: Run, capsys: pytest.CaptureFixture[str]):
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    text = printed(results, "openmetrics", capsys)
    assert text.endswith("# EOF\n")
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    times = {one.labels["cell"]: one.value for one in families["perfsuite_cell_time_seconds"].samples}
    assert families["perfsuite_cell_time_seconds"].unit == "seconds"
    assert times == {cell: estimate.value for cell, (_, estimate) in ok(run).items()}
    states = {one.labels["cell"]: (one.labels["status"], one.value) for one in families["perfsuite_cell_ok"].samples}
    assert states == {record.cell: (record.status, float(record.status == "ok")) for record in run.records}
    (info,) = families["perfsuite_run"].samples
    assert info.labels["commit"] == run.commit
    (began,) = families["perfsuite_run_started_timestamp_seconds"].samples
    assert datetime.fromtimestamp(began.value, UTC) == datetime.fromisoformat(run.started)


def test_the_strict_parser_refuses_what_is_cut(results: Path, capsys: pytest.CaptureFixture[str]):
    """It is a check: without its end, the same text is refused."""
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    text = printed(results, "openmetrics", capsys)
    with pytest.raises(ValueError, match="EOF"):
        list(parser.text_string_to_metric_families(text.removesuffix("# EOF\n")))


def test_pyperf_compares_two_of_them(results: Path, run: Run, tmp_path: Path):
    """It loads them, has our medians, and says that twice the time is twice as slow."""
    pyperf = pytest.importorskip("pyperf")
    slower = tuple(
        dataclasses.replace(
            record,
            launches=tuple(
                dataclasses.replace(launch, wall=tuple(2 * one for one in launch.wall)) for launch in record.launches
            ),
        )
        for record in run.records
    )
    exported.kept(tmp_path / "slower", dataclasses.replace(run, records=slower))
    for name, folder in (("old", results), ("new", tmp_path / "slower")):
        assert exported.export(folder, "--to", "pyperf", "-o", tmp_path / f"{name}.json") == 0
    suite = pyperf.BenchmarkSuite.load(str(tmp_path / "old.json"))
    assert {one.get_name() for one in suite.get_benchmarks()} == set(ok(run))
    for cell, (record, _) in ok(run).items():
        benchmark = suite.get_benchmark(cell)
        assert benchmark.get_unit() == "second" and benchmark.get_nrun() == len(record.launches)
        assert [one.values for one in benchmark.get_runs()] == [launch.wall for launch in record.launches]
        assert [one.get_loops() for one in benchmark.get_runs()] == [launch.calls for launch in record.launches]
    command = [sys.executable, "-m", "pyperf", "compare_to", "old.json", "new.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"2\.00x slower", done.stdout)) >= len(ok(run)), done.stdout


def test_pyarrow_reads_it_with_units(results: Path, run: Run, tmp_path: Path):
    parquet = pytest.importorskip("pyarrow.parquet")
    assert exported.export(results, "--to", "parquet", "-o", tmp_path / "out") == 0
    found = {name: parquet.read_table(tmp_path / "out" / f"{name}.parquet") for name in tables.TABLES}
    for name, table in found.items():
        assert table.schema.names == list(tables.TABLES[name])
    field = found["cells"].schema.field("seconds")
    assert field.metadata[b"unit"] == b"s" and b"median" in field.metadata[b"description"]
    assert b"unit" not in found["cells"].schema.field("cell").metadata
    cells = found["cells"].to_pylist()
    assert {one["cell"]: one["seconds"] for one in cells} == {
        record.cell: ok(run)[record.cell][1].value if record.cell in ok(run) else None for record in run.records
    }
    assert {one["started"] for one in cells} == {datetime.fromisoformat(run.started)}
    (whole,) = found["runs"].to_pylist()
    assert (whole["cells"], whole["ok"]) == (len(run.records), len(ok(run)))
    samples(found["samples"].to_pylist(), run)


def test_duckdb_reads_it(results: Path, run: Run, tmp_path: Path):
    duckdb = pytest.importorskip("duckdb")
    assert exported.export(results, "--to", "duckdb", "-o", tmp_path / "out.duckdb") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.duckdb"]
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as database:
        found = dict(database.execute("select cell, seconds from cells").fetchall())
        assert found == {
            record.cell: ok(run)[record.cell][1].value if record.cell in ok(run) else None for record in run.records
        }
        comment = "select comment from duckdb_columns() where table_name = 'cells' and column_name = 'seconds'"
        assert database.execute(comment).fetchone()[0].endswith("[s]")
        rows = database.execute("select cell, launch, index, seconds from samples").fetchall()
        samples([dict(zip(("cell", "launch", "index", "seconds"), row, strict=True)) for row in rows], run)
        medians = """select cell, median(of_launch) from
            (select cell, launch, median(seconds) of_launch from samples group by all) group by cell"""
        for cell, value in database.execute(medians).fetchall():
            assert value == pytest.approx(ok(run)[cell][1].value)


def samples(found: list[dict[str, Any]], run: Run) -> None:
    """All samples of the cells that are ok, and no other, at their places."""
    expected = {
        (cell, launch.launch, at): seconds
        for cell, (record, _) in ok(run).items()
        for launch in record.launches
        for at, seconds in enumerate(launch.wall)
    }
    assert {(one["cell"], one["launch"], one["index"]): one["seconds"] for one in found} == expected
    assert len(found) == len(expected)


def test_every_figure_of_a_cell_has_a_unit():
    figures = [name for name in frame.WHAT if name not in (*frame.TEXTS, *frame.FLAGS)]
    assert not {*figures} - {*tables.UNITS} - {*METRICS}  # a project's own metric may lack one
    assert not {*tables.UNITS} - {*figures}


def test_hostile_texts_break_no_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Most of them are refused where a record is read, too."""
    run = dataclasses.replace(made.hostile(), commit="=1+1")
    exported.kept(tmp_path / "results", made.small())
    monkeypatch.setattr(sources, "read", lambda path: run)
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    pyperf = pytest.importorskip("pyperf")
    for name, form in FORMATS.items():
        assert exported.export(tmp_path / "results", "--to", name, "-o", tmp_path / f"x{form.suffix}", "--force") == 0
        if name == "openmetrics":
            text = (tmp_path / f"x{form.suffix}").read_text()
            states = {one.name: one for one in parser.text_string_to_metric_families(text)}["perfsuite_cell_ok"]
            assert len(states.samples) == len(run.records)
        if name == "pyperf":
            timed = sum(record.status == "ok" for record in run.records)
            assert len(pyperf.BenchmarkSuite.load(str(tmp_path / "x.json")).get_benchmarks()) == timed
        if name == "csv":
            rows = pd.read_csv(tmp_path / "x.csv", keep_default_na=False)
            assert len(rows) == len(run.records)
            assert not rows[["reason", "commit"]].stack().str.match(r"[=+\-@]").any()


def test_what_is_unknown_is_no_number(results: Path, tmp_path: Path, run: Run):
    """NaN would make every average of a column NaN."""
    parquet = pytest.importorskip("pyarrow.parquet")
    assert exported.export(results, "--to", "parquet", "-o", tmp_path / "out") == 0
    table = parquet.read_table(tmp_path / "out" / "cells.parquet")
    assert table["seconds"].null_count == len(run.records) - len(ok(run))
    assert not any(math.isnan(one) for one in table["seconds"].to_pylist() if one is not None)
    assert statistics.median(one.value for _, one in ok(run).values()) > 0
