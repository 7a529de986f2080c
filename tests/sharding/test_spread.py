"""Shards as jobs: lost ones are submitted again, whole ones never, and another process can go on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import own
import pytest
import several

from perfsuite.records import store
from perfsuite.sharding import engines, folder
from perfsuite.sharding.spread import spread


class Made:
    """An engine whose jobs end at once, by what the test says: "ok", "lost", "torn", or go on: "runs"."""

    width, poll, grace = 0, 0.0, 0.0

    def __init__(self, files: list[Path], *ends: str) -> None:
        self.files, self.ends = files, list(ends)
        self.submitted: list[int] = []
        self.live: set[str] = set()
        self.cancelled: set[str] = set()

    def submit(self, words: Sequence[str], attempt: Path, seconds: float) -> str:
        number = int(words[words.index("--shard") + 1])
        self.submitted.append(number)
        end = self.ends.pop(0) if self.ends else "ok"
        job = f"job{len(self.submitted)}"
        if end == "runs":
            self.live.add(job)
        elif end != "lost":
            source = self.files[number - 1]
            (attempt / "class").mkdir()
            content = source.read_bytes()
            (attempt / "class" / source.name).write_bytes(content if end == "ok" else content[:9])
        (attempt / "output").write_text(f"what {job} said\n\n")
        return job

    def running(self, jobs: Iterable[str]) -> set[str]:
        return self.live & set(jobs)

    def cancel(self, jobs: Iterable[str]) -> None:
        self.cancelled |= set(jobs)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return several.shards(tmp_path / "made")


def begun(tmp_path: Path) -> folder.Folder:
    return folder.begin(tmp_path / "results", ("run",), "", (1.0, 2.0, 3.0))


def test_each_shard_is_run_once_where_nothing_is_lost(tmp_path: Path, files: list[Path]):
    engine = Made(files)
    found = spread(begun(tmp_path), engine, print)
    assert engine.submitted == [1, 2, 3] and [path.name for path in found] == [path.name for path in files]


@pytest.mark.parametrize("end", ["lost", "torn"])
def test_a_lost_shard_is_submitted_again_and_the_others_are_not(end: str, tmp_path: Path, files: list[Path]):
    engine, said = Made(files, "ok", end, "ok", end), []
    assert len(spread(begun(tmp_path), engine, said.append)) == 3
    assert engine.submitted == [1, 2, 3, 2, 2]
    assert "shard 2 of 3 was lost with job job2: what job2 said" in said


def test_an_interrupted_record_does_not_count(tmp_path: Path, files: list[Path]):
    whole = files[1].read_bytes()
    import dataclasses

    run = dataclasses.replace(store.read(files[1]), partial=True)
    store.save(run, run.records, files[1])
    found = begun(tmp_path)
    (found.path / "2-1").mkdir()
    shutil.copytree(files[1].parent, found.path / "2-1" / "class", ignore=lambda _, names: {*names} - {files[1].name})
    assert found.whole(2) is None
    (found.path / "2-1" / "class" / files[1].name).write_bytes(whole)
    assert found.whole(2) is not None


def test_a_shard_that_is_always_lost_is_given_up_and_the_others_are_kept(tmp_path: Path, files: list[Path]):
    found = begun(tmp_path)
    engine = Made(files, "ok", "lost", "ok", "lost", "lost")
    with pytest.raises(ValueError, match=r"shard 2 of 3 was lost 3 times \(what job5 said\); the 2 others are kept"):
        spread(found, engine, print)
    again = Made(files)
    assert len(spread(folder.resume(tmp_path / "results"), again, print)) == 3
    assert again.submitted == [2], "a shard with a whole record is never run twice"


def test_a_job_that_still_runs_is_not_submitted_again(tmp_path: Path, files: list[Path]):
    found = begun(tmp_path)
    engine = Made(files, "ok", "runs", "ok")
    engine.poll = 0.01
    engine.running = _until(engine, 5)  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        spread(found, engine, print)
    assert engine.cancelled == {"job2"}
    later = Made(files)
    later.live = {"job2"}
    looks = iter(range(4))

    def running(jobs: Iterable[str]) -> set[str]:
        if next(looks, None) is None and later.live:
            later.live = set()
            (found.path / "2-1" / "class").mkdir()
            shutil.copy(files[1], found.path / "2-1" / "class")
        return later.live & set(jobs)

    later.running = running  # type: ignore[method-assign]
    assert len(spread(folder.resume(tmp_path / "results", found.path.name), later, print)) == 3
    assert later.submitted == []


def _until(engine: Made, looks: int):
    left = iter(range(looks))

    def running(jobs: Iterable[str]) -> set[str]:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return engine.live & set(jobs)

    return running


def test_local_runs_one_at_a_time_and_knows_its_jobs_in_another_process(tmp_path: Path):
    engine = engines.Local()
    assert engine.width == 1
    job = engine.submit([sys.executable, "-c", "import time; print('x', flush=True); time.sleep(60)"], tmp_path, 1.0)
    assert engine.running([job]) == {job} == engines.Local().running([job])
    assert engines.Local().running([job.partition("@")[0] + "@1.00", "nothing"]) == set()
    engines.Local().cancel([job])
    assert engine.running([job]) == set()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--engine", "local"], "--engine local needs --shards"),
        (["--engine", "local", "--shards", "2", "--shard", "1"], "--shard 1 does not go with --engine"),
        (["--engine", "local", "--shards", "999"], "--shards 999 is too many"),
        (["--engine", "local", "--shards", "2", "--slurm", "a=b"], "--slurm a=b is for --engine slurm only"),
        (["--engine", "slurm", "--shards", "2", "--slurm", "gpu"], "--slurm 'gpu' is not an option of sbatch"),
        (["--engine", "local", "--resume", "nothing"], "no sharded run 'nothing' in"),
    ],
)
def test_what_cannot_be_spread_is_told_in_one_line(words: list[str], told: str, tmp_path: Path):
    root = several.repository(tmp_path / "one")
    done = own.perfsuite(root, "run", *words, check=2)
    assert told in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert not (root / "results").exists()


def test_another_commit_is_told_and_one_that_is_gone(tmp_path: Path):
    root = several.repository(tmp_path / "one")
    there = own.git(root, "rev-parse", "HEAD")
    own.commit(root, "more", {"README": "x"})
    for commit, told in ((there, f"git checkout {there[:10]}"), ("beef" * 10, "it is gone from this repository")):
        found = folder.begin(root / "results", ("run",), commit, (1.0,))
        done = own.perfsuite(root, "run", "--engine", "local", "--resume", found.path.name, check=2)
        assert told in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_a_job_measures_what_it_was_submitted_for_or_nothing(tmp_path: Path):
    root = several.repository(tmp_path / "one")
    words = ["run", *several.QUICK, "-k", "more and n8", "--shards", "1", "--engine", "local"]
    environment = {**os.environ, "PYTHONPATH": str(own.ENGINE)}
    command = [sys.executable, "-P", "-m", "perfsuite", *words]
    head = subprocess.Popen(command, cwd=root, env=environment, start_new_session=True)
    end = time.monotonic() + 100
    while not (jobs := list(root.glob("results/shards/*/jobs.jsonl"))):
        assert head.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    os.killpg(head.pid, signal.SIGKILL)
    head.wait()
    job = json.loads((jobs[0].parent / "plan.json").read_text())["words"]

    def run() -> subprocess.CompletedProcess[str]:
        part = ["--shards", "1", "--shard", "1", "--results", str(tmp_path / "job")]
        return subprocess.run([*job, *part], cwd=tmp_path, capture_output=True, text=True)

    own.commit(root, "more", {"README": "x"})
    done = run()
    assert "this shard was submitted for commit" in done.stderr and "git checkout" in done.stderr, done.stderr
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    own.git(root, "checkout", "-q", "HEAD~1")
    code = root / "src" / "mylib" / "core.py"
    text = code.read_text()
    code.write_text(f"{text}\n# edited\n")
    done = run()
    assert "the measured files have changed since this shard was submitted" in done.stderr, done.stderr
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "job").exists()
    code.write_text(text)
    done = run()
    assert done.returncode == 0 and list((tmp_path / "job").glob("*/*.gz")), done.stderr


@pytest.mark.long
def test_a_head_that_is_killed_goes_on_where_it_was(tmp_path: Path):
    root = several.repository(tmp_path / "one")
    words = ["run", *several.QUICK[:-1], "-k", "more or most", "--shards", "2", "--engine", "local"]
    environment = {**os.environ, "PYTHONPATH": str(own.ENGINE)}
    head = subprocess.Popen([sys.executable, "-P", "-m", "perfsuite", *words], cwd=root, env=environment)
    end = time.monotonic() + 200
    while not list(root.glob("results/shards/*/1-1/*/*.gz")):
        assert head.poll() is None and time.monotonic() < end
        time.sleep(0.2)
    time.sleep(2)
    os.kill(head.pid, signal.SIGKILL)
    head.wait()
    (path,) = root.glob("results/shards/*")
    done = own.perfsuite(root, "run", "--no-report", "--engine", "local", "--resume", seconds=560)
    assert "shard 1 of 2 was measured before" in done.stderr
    assert not path.exists()
    run = store.read(store.latest(root / "results"))
    assert len({record.cell for record in run.records}) == len(run.records) == 16


def test_a_job_that_slurm_does_not_take_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("submitit")
    for name, script in (("srun", "exit 0"), ("sbatch", "echo 'sbatch: error: invalid partition: gpuu' >&2; exit 1")):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "job").mkdir()
    slurm = engines.engine("slurm", ["partition=gpuu"])
    with pytest.raises(ValueError, match=r"^Slurm does not take the job \(partition=gpuu\): .*invalid partition: gpuu"):
        slurm.submit(["true"], tmp_path / "job", 1.0)
