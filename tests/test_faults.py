"""A misbehaving variant costs only itself; Ctrl-C and SIGKILL cost only what was running. Real processes, signals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from benchmarks import record

pytestmark = pytest.mark.slow
FAULTS = Path(__file__).parent / "faults"
Command = Callable[..., subprocess.CompletedProcess[str]]

EXPECTED = {
    "good": ("ok", ""),
    "raises": ("error", "RuntimeError: no luck today"),
    "garbage": ("wrong", "64 of 64 elements are outside the tolerance"),
    "hangs": ("timeout", "first call took longer than 15 s"),
    "exits": ("crashed", "exited with code 7"),
    "leaves": ("error", "SystemExit: 5"),
    "segfaults": ("crashed", "killed by SIGSEGV"),
    "killed": ("crashed", "killed by SIGKILL"),
    "allocates": ("oom", "can't allocate memory"),
    "prints_binary": ("ok", ""),
    "leaves_children": ("error", "leaves"),
    "sets_threads": ("error", "changes global state: default dtype from torch.float32 to torch.float64"),
    "tires": ("wrong", "on fresh inputs after the timing"),
    "dies_while_timed": ("crashed", "killed by SIGSEGV"),
    "needs_module": ("skipped", "needs a_module_that_nobody_has"),
    "says_it_needs": ("skipped", "needs a quantum computer"),
    "not_implemented": ("error", "NotImplementedError: no kernel for this dtype"),
    "also_good": ("ok", ""),
}


@pytest.fixture
def faulty(project: Path) -> Path:
    """The project with one family more: variants that misbehave."""
    for room, source in (("impls", "impls"), ("benchmarks/components", "component")):
        family = project / room / "faults"
        shutil.copytree(FAULTS / source, family)
        (family / "__init__.py").write_text('"""Misbehaviour."""\n')
    return project


def left_behind() -> list[psutil.Process]:
    """Processes of misbehaving variants, wherever they hide."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any("left-behind" in word or "faults-worker" in word for word in process.info["cmdline"] or [])
    ]


def test_a_misbehaving_variant_costs_only_itself(faulty: Path, command: Command):
    done = command(
        faulty, "run", "-k", "faults.misbehaving", "--launches", "2", "--timeout", "15", "--memory-limit", "2000000000"
    )
    run = record.read(record.latest(faulty / "results"))
    found = {cell.key.variant: cell for cell in run.records}
    assert list(found) == list(EXPECTED)
    for variant, (status, reason) in EXPECTED.items():
        assert (found[variant].status, reason in found[variant].reason) == (status, True), found[variant]
        assert bool(found[variant].launches) == (status == "ok"), f"{variant}: only what is ok has a time"
    assert {len(found[name].launches) for name in ("good", "also_good", "prints_binary")} == {2}
    assert done.returncode == 3, done.stderr
    assert "crashed: faults.misbehaving/segfaults/eager/cpu/64/1: killed by SIGSEGV" in done.stderr
    assert "Traceback" not in done.stderr
    assert not left_behind()


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
)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_what_was_measured_survives_and_resume_finishes_the_rest(project: Path, command: Command, how: signal.Signals):
    process = started(project, *SELECTED)
    journal = wait_for_launches(project, process, 7)
    workers = psutil.Process(process.pid).children(recursive=True)
    if how == signal.SIGINT:
        os.killpg(process.pid, how)  # as a terminal does: everyone in the group gets it
    else:
        process.kill()
    _, err = process.communicate(timeout=60)
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive, "a worker outlived its parent"
    kept = [line for line in journal.read_text().splitlines() if '"kind": "launch"' in line]
    assert len(kept) >= 7
    if how == signal.SIGINT:
        assert process.returncode == 130, err
        assert "--resume" in err and "Traceback" not in err
        assert record.read(record.latest(project / "results")).partial

    with journal.open("a") as file:
        file.write('{"kind": "launch", "torn')  # as a full disk or a power cut leaves it
    done = command(project, "run", "--resume")
    assert done.returncode == 0, done.stderr
    run = record.read(record.latest(project / "results"))
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
        (["run", "-k", "mm and ("], "does not read"),
        (["run", "--launches", "0"], "0 is not above 0"),
        (["run", "--tree", "/nowhere"], "/nowhere is not an impls folder"),
        (["report", "nothing.jsonl.gz"], "nothing.jsonl.gz"),
        (["profile"], "profile needs a cell"),
        (["clean", "--keep", "-1"], "--keep -1"),
        (["nonsense"], "invalid choice: 'nonsense'"),
    ],
)
def test_bad_input_gets_one_clear_line(project: Path, command: Command, arguments: list[str], says: str):
    done = command(project, *arguments)
    assert done.returncode == 2
    assert says in done.stderr.splitlines()[-1], done.stderr
    assert "Traceback" not in done.stderr and not done.stdout
