"""A misbehaving variant costs only itself; Ctrl-C and SIGKILL cost only what was running. Real processes, signals."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from perfsuite.host import scratch
from perfsuite.model import record
from perfsuite.project.catalogue import ROOT
from perfsuite.records import store
from perfsuite.validation import faults
from perfsuite.validation.faults.ground import Ground, Row, row_of
from perfsuite.validation.faults.variants import variants

pytestmark = pytest.mark.slow
Command = Callable[..., subprocess.CompletedProcess[str]]
SOME = ("good", "raises_escapes", "exits", "writes_to_every_pipe", "opens_files", "sets_device", "changes_while_timed")


@pytest.fixture
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with scratch.Scratch() as folder:
        yield Ground(folder)


@pytest.mark.long
def test_a_misbehaving_variant_costs_only_itself(ground: Ground):
    rows = list(variants(ground, SOME, ["spoils"]))
    assert len(rows) == len(SOME), "all but the good one, and the file"
    assert [row for row in rows if not row.well] == []


def test_a_play_whose_fault_is_told_as_another_is_no_success():
    cells = [record.Record("faults.misbehaving/raises/eager/cpu/64/1", "error", "RuntimeError: no luck today")]
    assert row_of("Raises", cells, ("error", "no luck"), 0, "ok").well
    for wanted in (("error", "something else"), ("wrong", "no luck")):
        row = row_of("Raises", cells, wanted, 0, "ok")
        assert not row.well and not row.as_expected and row.told == "error: RuntimeError: no luck today"
    assert not row_of("Raises", [], ("error", ""), 0, "ok").well


@pytest.mark.long
def test_every_kind_of_fault_costs_only_itself():
    """What ``python -m benchmarks faults`` plays, and what `docs/faults.md` shows of it."""
    rows = faults.play()
    assert len(rows) >= 60
    assert [row for row in rows if not row.well] == []
    shown = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").split("<!-- faults -->")[1]
    missing = [row.fault for row in rows if row.played and f"\n| {row.fault} | {row.told.split(':')[0]}" not in shown]
    assert not missing, "docs/faults.md shows another table: python -m benchmarks faults prints this one"


def test_what_a_row_must_be_to_be_well():
    well = Row("a fault", "error: told")
    assert well.well
    for bad in ({"lost": 1}, {"left": 1}, {"neighbours": "x: error (y)"}, {"as_expected": False}):
        assert not dataclasses.replace(well, **bad).well
    assert faults.line(well) == "| a fault | error: told | 0 | 0 | ok |"


def started(project: Path, *arguments: str) -> subprocess.Popen[str]:
    """A run in the background, in a process group of its own as a terminal would give it."""
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks", "run", *arguments],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_launches(project: Path, process: subprocess.Popen[str], count: int) -> Path:
    """Wait until the journal holds ``count`` launches."""
    end = time.monotonic() + 240
    while time.monotonic() < end:
        for journal in (project / "results" / "journal").glob("*.jsonl"):
            if journal.read_text().count('"kind": "launch"') >= count:
                return journal
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("no launch was written down in 240 s")


SELECTED = (
    "-k",
    "matmul.ladder and /eager/cpu/ and (/mm/ or /einsum/) and (/8/1 or /16/1 or /32/1)",
    "--launches",
    "4",
    "--budget",
    "0.05",
)


@pytest.mark.long
def test_what_was_measured_survives_and_resume_finishes_the_rest(project: Path, command: Command):
    """Ctrl-C; the other signals, in each pass, are plays of ``test_every_kind_of_fault_costs_only_itself``."""
    process = started(project, *SELECTED)
    journal = wait_for_launches(project, process, 7)
    workers = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: everyone in the group gets it
    _, err = process.communicate(timeout=60)
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive, "a worker outlived its parent"
    kept = [line for line in journal.read_text().splitlines() if '"kind": "launch"' in line]
    assert len(kept) >= 7
    assert process.returncode == 130, err
    assert "--resume" in err and "Traceback" not in err
    assert store.read(store.latest(project / "results")).partial

    with journal.open("a") as file:
        file.write('{"kind": "launch", "torn')  # as a full disk or a power cut leaves it
    done = command(project, "run", "--resume")
    assert done.returncode == 0, done.stderr
    run = store.read(store.latest(project / "results"))
    assert not run.partial and len(run.records) == 6
    assert all(cell.status in ("ok", "unstable") and len(cell.launches) in (0, 4) for cell in run.records)
    before = {(line["cell"], line["launch"]["launch"]): line["launch"]["wall"] for line in map(json.loads, kept)}
    after = {(cell.cell, launch.launch): list(launch.wall) for cell in run.records for launch in cell.launches}
    assert all(after[key] == wall for key, wall in before.items() if key in after), (
        "what was measured is kept as it was"
    )
    again = command(project, "run", "--resume")
    assert again.returncode == 2 and "nothing to resume" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "-k", "no_such_cell"], "-k 'no_such_cell' matches no cell"),
        (["run", "-k", "mm and ("], "is not valid: use words"),
        (["run", "--launches", "0"], "0 is not above 0"),
        (["run", "--tree", "/nowhere"], "/nowhere is not an impls folder"),
        (["report", "nothing.jsonl.gz"], "nothing.jsonl.gz"),
        (["profile"], "profile needs a cell"),
        (["clean", "--keep", "-1"], "--keep -1"),
        (["nonsense"], "invalid choice: 'nonsense'"),
    ],
)
def test_bad_input_gets_one_clear_line(untouched: Path, command: Command, arguments: list[str], says: str):
    done = command(untouched, *arguments)
    assert done.returncode == 2
    assert says in done.stderr.splitlines()[-1], done.stderr
    assert "Traceback" not in done.stderr and not done.stdout
