"""pytest-benchmark: a test for each cell, holding exactly our samples; what has no time is skipped or fails."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import made
import pytest

from perfsuite.model import record
from perfsuite.model.record import Launch, Record, Run
from perfsuite.project import catalogue, selecting
from perfsuite.records import store
from perfsuite.runners import wishes

ROOT = Path(__file__).resolve().parents[2]
OURS = ("BENCHMARKS_", "PYTEST_")  # what would reach the inner pytest from the outer one
Suite = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """Run ``pytest benchmarks/suite`` in a folder, by default this project's; stored files go elsewhere."""

    def run(
        *arguments: object, folder: Path = ROOT, code: int = 0, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "benchmarks/suite"]
        command += [f"--benchmark-storage={tmp_path / 'stored'}", *map(str, arguments)]
        environ = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        done = subprocess.run(
            command, cwd=folder, env=environ | variables, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


def ladder(scale: float = 1.0) -> Run:
    """The ladder at one size, all times multiplied."""
    run = made.small()

    def scaled(launch: Launch) -> Launch:
        return dataclasses.replace(launch, wall=tuple(scale * second for second in launch.wall))

    records = [
        dataclasses.replace(record, launches=tuple(map(scaled, record.launches)))
        for record in run.records
        if record.status == "ok"
    ]
    return dataclasses.replace(run, records=tuple(records))


def samples(told: Record) -> list[float]:
    return [second for launch in told.launches for second in launch.wall]


def collected(done: subprocess.CompletedProcess[str]) -> list[str]:
    return re.findall(r"::test_cell\[(.+)\]$", done.stdout, re.MULTILINE)


def test_the_stored_data_are_the_samples(suite: Suite, tmp_path: Path):
    run = ladder()
    path = tmp_path / "stored.json"
    done = suite("--record", store.write(run, tmp_path), "--benchmark-json", path)
    document = json.loads(path.read_text())
    stored = {benchmark["param"]: benchmark for benchmark in document["benchmarks"]}
    assert document["machine_info"]["machine_class"]
    assert "hz_actual" not in document["machine_info"]["cpu"], "or a stored run seems to come from another machine"
    assert list(stored) == [record.cell for record in run.records]
    for told in run.records:
        benchmark, cell = stored[told.cell], told.key
        assert benchmark["stats"]["data"] == pytest.approx(samples(told), rel=1e-9)
        assert benchmark["stats"]["rounds"] == sum(len(launch.wall) for launch in told.launches)
        assert benchmark["group"] == f"{cell.component}/{cell.case}"
        assert benchmark["options"]["timer"] == "clock"
        facts = benchmark["extra_info"]
        assert facts["calls"] == [launch.calls for launch in told.launches]
        assert (facts["cell"], facts["status"], facts["launches"]) == (told.cell, "ok", len(told.launches))
        assert (facts["device"], facts["dtype"], facts["threads"]) == (cell.device, told.dtype, cell.threads)
        assert (facts["executor"], facts["run"], facts["tree"]) == (cell.executor, run.run, run.tree)
    assert "benchmark 'matmul.ladder/5x784x10'" in done.stdout, "the table"


def test_a_cell_without_a_time_gets_none(suite: Suite, tmp_path: Path):
    problem, records = made.faults()
    path = tmp_path / "stored.json"
    run = made.run((problem,), tuple(records))
    done = suite("--record", store.write(run, tmp_path), "--benchmark-json", path, "-rA", code=1)
    assert [benchmark["param"] for benchmark in json.loads(path.read_text())["benchmarks"]] == [
        told.cell for told in records if told.status == "ok"
    ]
    for told in records:
        if told.status == "ok":
            assert f"PASSED benchmarks/suite/test_cells.py::test_cell[{told.cell}]" in done.stdout
        elif told.status in record.REFUSED:
            assert f"FAILED benchmarks/suite/test_cells.py::test_cell[{told.cell}]" in done.stdout
        assert told.status == "ok" or f"{told.status}: {told.reason}" in done.stdout
    skipped = len(records) - 1 - sum(told.status in record.REFUSED for told in records)
    failed = sum(told.status in record.REFUSED for told in records)
    assert f"{failed} failed, 1 passed, {skipped} skipped in" in done.stdout
    assert "87.654" not in path.read_text() + done.stdout, "the samples of a cell that is not ok"


def test_two_stored_runs_compare(suite: Suite, tmp_path: Path):
    suite("--record", store.write(ladder(), tmp_path / "base"), "--benchmark-save=base")
    slower = suite(
        "--record", store.write(ladder(2.0), tmp_path / "head"), "--benchmark-save=head", "--benchmark-compare"
    )
    assert "(0001_base)" in slower.stdout, "pytest's own comparison"
    command = [str(Path(sys.executable).with_name("pytest-benchmark")), f"--storage={tmp_path / 'stored'}", "compare"]
    command += ["--group-by=name", "--columns=median", "--sort=name", f"--histogram={tmp_path / 'histogram'}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    tables = done.stdout.split("benchmark 'test_cell[")[1:]
    assert len(tables) == len(ladder().records)
    for table in tables:
        assert re.search(r"\(0001_base\) .* \(1\.0\)", table) and re.search(r"\(0002_head\) .* \(2\.00\)", table)
    drawn = list(tmp_path.glob("histogram*.svg"))
    assert len(drawn) == len(tables)
    assert all("0002_head" in path.read_text() for path in drawn)


def test_the_quick_set_is_collected_unless_other_cells_are_asked_for(suite: Suite):
    only = ("--collect-only", "-q")
    quick = [str(cell) for cell in selecting.quick(catalogue.all_cells())]
    assert collected(suite(*only)) == quick
    assert collected(suite(*only, "-k", "ladder and /mm/ and 5x784x10")) == [
        cell for cell in quick if "ladder/mm/" in cell and "5x784x10" in cell
    ]
    wanted = "matmul.ladder/mm/eager/cpu/2048/1"
    assert wanted not in quick
    assert collected(suite(*only, "--cells", wanted)) == [wanted]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cells", "no_such_cell"], "--cells 'no_such_cell' names no cell"),
        (["--cells", "and"], "-k 'and' is not valid"),
        (["--record", __file__], "is not a readable record file"),
        (["--record", "nowhere.jsonl.gz"], "No such file"),
        (["-p", "no:benchmark"], "the cells need pytest-benchmark"),
        (["-p", "no_torch"], "measuring needs torch"),
    ],
)
def test_what_is_missing_is_said_in_one_line(suite: Suite, tmp_path: Path, arguments: list[str], message: str):
    (tmp_path / "no_torch.py").write_text("import sys\n\nsys.modules['torch'] = None\n")
    if "no:benchmark" in arguments:
        command = [sys.executable, "-m", "pytest", "benchmarks/suite", "-p", "no:cacheprovider", *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    else:
        done = suite(*arguments, "--collect-only", code=4, PYTHONPATH=str(tmp_path))
    assert done.returncode == 4
    (line,) = [line for line in (done.stdout + done.stderr).splitlines() if message in line]
    assert line.startswith("ERROR")
    assert "Traceback" not in done.stdout + done.stderr


def test_a_stored_run_is_replayed_without_torch(suite: Suite, tmp_path: Path):
    (tmp_path / "no_torch.py").write_text("import sys\n\nsys.modules['torch'] = None\n")
    path = store.write(ladder(), tmp_path)
    suite("-p", "no_torch", PYTHONPATH=str(tmp_path), BENCHMARKS_RECORD=str(path))


def test_a_variable_that_does_not_read_is_named():
    with pytest.raises(ValueError, match="BENCHMARKS_LAUNCHES='few' is not a valid int"):
        wishes.Wish.of({"BENCHMARKS_LAUNCHES": "few"})
    wish = wishes.Wish.of({"BENCHMARKS_LAUNCHES": "2", "BENCHMARKS_BUDGET": "0.5", "BENCHMARKS_RECORD": ""})
    assert wish == wishes.Wish(launches=2, budget=0.5)


@pytest.mark.slow
def test_the_selected_cells_are_measured_once(suite: Suite, project: Path, tmp_path: Path):
    path = tmp_path / "stored.json"
    asked = ("--launches=2", "--budget=0.01", "--benchmark-json", path)
    wanted = [str(cell) for cell in selecting.quick(catalogue.all_cells()) if cell.executor == "eager"][:2]
    done = suite(*asked, "-k", " or ".join(wanted), folder=project)
    found = store.read(store.latest(project / "results"))
    assert [told.cell for told in found.records] == wanted
    assert [len(told.launches) for told in found.records] == [2, 2]
    assert found.selection == "quick" and "--launches=2" in found.command and "cells; all of them" in found.left_out
    assert "record " in done.stdout
    stored = {benchmark["param"]: benchmark for benchmark in json.loads(path.read_text())["benchmarks"]}
    for told in found.records:
        if told.status == "ok":  # a busy machine may make one unstable
            assert stored[told.cell]["stats"]["data"] == pytest.approx(samples(told), rel=1e-9)
    assert set(stored) == {told.cell for told in found.records if told.status == "ok"}
    assert not list(project.glob("results/journal/*"))
