"""A real Slurm of two nodes on this machine: jobs are killed, a node is drained, and nothing is lost or there twice."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cluster
import own
import pytest
import several

from perfsuite.calibration import calibrate
from perfsuite.project import catalogue
from perfsuite.records import store

pytestmark = pytest.mark.long


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[None]:
    if why := cluster.missing():
        pytest.skip(why)
    pytest.importorskip("submitit")
    with cluster.cluster(tmp_path / "slurm"):
        yield


def jobs() -> list[list[str]]:
    """Id, state and node of each job that Slurm knows."""
    lines = cluster.asked("squeue", "--noheader", "--states=all", "--format=%A %T %N").splitlines()
    return [line.split() for line in lines]


def wait(what: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, jobs()
        time.sleep(0.5)


@contextlib.contextmanager
def started(words: list[str], root: Path, said: Path, engine: Path = own.ENGINE) -> Iterator[subprocess.Popen[bytes]]:
    """A command in ``root`` whose output goes to the file ``said``; it has measured for a while, on both nodes."""
    environment = {**os.environ, "PYTHONPATH": str(engine)}
    command = [sys.executable, "-P", "-m", "perfsuite", *words]
    with said.open("wb") as out:
        head = subprocess.Popen(command, cwd=root, env=environment, stdout=out, stderr=out)
    try:
        wait(lambda: sum(job[1] == "RUNNING" for job in jobs()) == 2)
        time.sleep(3)
        yield head
    finally:
        if head.poll() is None:
            head.terminate()
            head.wait(60)


def test_a_calibration_has_each_session_once_though_a_job_is_killed(tmp_path: Path, nodes: None):
    root = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(catalogue.ROOT), str(root)], check=True)
    words = ["calibrate", "--sessions", "2", "--kind", "same", "--kind", "+10 %", "--shards", "2", "--engine", "slurm"]
    words += ["--record", str(tmp_path / "sessions.jsonl"), "--results", str(tmp_path / "results")]
    with started(words, root, tmp_path / "said", engine=root) as head:
        cluster.asked("scancel", "--signal=KILL", jobs()[0][0])
        wait(lambda: head.poll() is not None, 540)
    text = (tmp_path / "said").read_text()
    assert head.returncode == 0, text
    assert text.count("was lost with job") == 1 and text.count("is submitted") == 3, text
    found = calibrate.load(tmp_path / "sessions.jsonl")
    assert [(one["origin"]["session"], one["kind"]) for one in found] == [(1, "same"), (2, "+10 %")]
    assert not list((tmp_path / "results" / "shards").iterdir())


def test_a_killed_job_and_a_drained_node_lose_nothing_and_double_nothing(tmp_path: Path, nodes: None):
    root = several.repository(tmp_path / "one")
    words = ["run", "--seed", "5", *several.QUICK[:-1], "--shards", "3", "--engine", "slurm"]
    words += ["--slurm", "partition=main", "--slurm", "time=20"]
    with started(words, root, tmp_path / "said") as head:
        (first, _, node), (_, _, other) = [job for job in jobs() if job[1] == "RUNNING"]
        assert node != other, "each shard has a node for itself"
        cluster.asked("scancel", "--signal=KILL", first)
        cluster.asked("scontrol", "update", f"NodeName={other}", "State=DRAIN", "Reason=test")
        wait(lambda: head.poll() is not None, 400)
    text = (tmp_path / "said").read_text()
    assert head.returncode == 0, text
    assert text.count("was lost with job") == 1 and f"was lost with job {first}" in text, text
    assert text.count("is submitted") == 4 and text.count(" is measured,") == 3, text
    run = store.read(store.latest(root / "results"))
    assert len({record.cell for record in run.records}) == len(run.records) == 20
    timed = [record for record in run.records if record.key.device == "cpu"]
    assert all(record.status in ("ok", *several.NOISY) and len(record.launches) == 2 for record in timed)
    assert sorted(at for part in run.shards for at in part.cells) == list(range(20))
    ran = [job for job in jobs() if job[1] == "COMPLETED"]
    assert len(ran) == 3 and [job[2] for job in ran].count(other) == 1, "the drained node gets no further job"
    assert sorted(part.node for part in run.shards) == sorted(job[2] for job in ran)
    assert not list((root / "results" / "shards").iterdir())
