"""Which runs a history shows, and the one line for each that it leaves out."""

from __future__ import annotations

import gzip
from datetime import timedelta
from pathlib import Path

import histories
import pytest
from histories import CELL, CLASS, MACHINE, again, found, repository, run, stored

from perfsuite.history.commits import Commits
from perfsuite.host import machine
from perfsuite.model.shard import Shard


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Commits:
    return repository(tmp_path_factory.mktemp("history") / "repo", 5)


def made(known: Commits) -> list:
    return [run(at, commit, {CELL: 1e-3}) for at, commit in enumerate(known.order)]


def test_runs_are_in_the_order_of_their_commits_whenever_they_were_measured(tmp_path: Path, known: Commits):
    later_first = [run(10 - at, commit, {CELL: 1e-3}) for at, commit in enumerate(known.order)]
    stored(tmp_path / "results", later_first)
    shown = found(tmp_path, known)
    assert [one.commit for one in shown.runs] == list(known.order) and not shown.notes


def test_a_foreign_or_damaged_record_is_left_out_with_one_line(tmp_path: Path, known: Commits):
    stored(tmp_path / "results", made(known))
    folder = tmp_path / "results" / CLASS
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(b'{"name": "theirs"}\n'))
    (folder / "b.jsonl.gz").write_bytes(b"no gzip")
    (folder / "c.jsonl.gz").write_bytes(gzip.compress(b'{"schema": 99}\n'))
    (folder / "d.jsonl.gz").write_bytes(gzip.compress(b'{"schema": 1, "run": 5}\n'))
    shown = found(tmp_path, known)
    assert len(shown.runs) == 5
    told = [note.split("/")[-1] for note in shown.notes]
    assert told == [
        "a.jsonl.gz is not a record file: its first line has no schema",
        "b.jsonl.gz is not a readable record file: Not a gzipped file (b'no')",
        "c.jsonl.gz has schema 99, this version reads up to 1: update the suite",
        "d.jsonl.gz is damaged: line 1: run: expected str, got int",
    ]
    assert all(note.startswith("left out: ") and "\n" not in note for note in shown.notes)


def test_a_shard_counts_only_until_it_is_merged(tmp_path: Path, known: Commits):
    one, other, *_ = made(known)
    whole = again(made(known)[2], shards=tuple(shard(at, part.run) for at, part in enumerate((one, other))))
    stored(tmp_path / "results", [again(one, shards=(shard(0, one.run),)), other])
    assert [run.run for run in found(tmp_path, known).runs] == [one.run, other.run]
    stored(tmp_path / "results", [whole])
    assert [run.run for run in found(tmp_path, known).runs] == [whole.run]


def shard(at: int, run: str) -> Shard:
    return Shard(at + 1, 2, (at,), 2, ("lib.work",), "0" * 16, run=run, started="2036-01-01T00:00:00+00:00")


def test_a_time_that_is_none_is_damage(tmp_path: Path, known: Commits):
    (path,) = stored(tmp_path / "results", made(known)[:1])
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b'"wall": [0.00', b'"wall": [-0.00')))
    with pytest.raises(FileNotFoundError, match="no record file below"):
        found(tmp_path, known)


def test_kinds_of_machine_are_kept_apart_and_can_be_chosen(tmp_path: Path, known: Commits):
    others = [again(one, machine_class="other-4c-11111111", run=f"{one.run}x") for one in made(known)[:2]]
    stored(tmp_path / "results", [*made(known), *others])
    assert {one.machine_class for one in found(tmp_path, known).runs} == {CLASS}
    assert found(tmp_path, known).kinds == (("other-4c-11111111", 2), (CLASS, 5))
    assert len(found(tmp_path, known, "other").runs) == 2
    assert len(found(tmp_path, known, here="neither").runs) == 5  # that of the newest run
    with pytest.raises(ValueError, match=r"no record of a kind of machine 'third': --class takes one of other"):
        found(tmp_path, known, "third")


def test_another_amount_of_memory_is_another_kind_and_a_little_less_is_not(tmp_path: Path, known: Commits):
    less, half = ({**MACHINE, "memory": size, "kernel": "6.2"} for size in (16 * 2**30 - 10**8, 8 * 2**30))
    runs = made(known)
    stored(tmp_path / "results", [*runs[:3], again(runs[3], machine=less)])
    assert found(tmp_path, known).kinds == ((CLASS, 4),)
    stored(tmp_path / "results", [again(runs[4], machine=half)])
    assert found(tmp_path, known).kinds == ((f"{CLASS}, 8 GiB", 1), (f"{CLASS}, 16 GiB", 4))
    assert found(tmp_path, known, memory=8e9).kind == f"{CLASS}, 8 GiB"  # that of this machine
    assert found(tmp_path, known, memory=16e9).kind == f"{CLASS}, 16 GiB"


@pytest.mark.parametrize(
    ("name", "value"), [("cpu", "B"), ("cores", 4), ("gpus", ["H"]), ("flags", []), ("virtual", 1)]
)
def test_hardware_splits_a_class(name: str, value: object):
    here = machine.machine()
    assert machine.machine_class({**here, name: value}) != machine.machine_class(here)


@pytest.mark.parametrize("name", ["kernel", "governor", "turbo", "huge_pages", "smt", "caches"])
def test_a_kernel_a_reboot_or_a_setting_does_not(name: str):
    here = machine.machine()
    assert machine.machine_class({**here, name: "another"}) == machine.machine_class(here)


def test_a_clock_that_ran_backwards_is_told(tmp_path: Path, known: Commits):
    runs = made(known)
    before = next(iter(known.made.values())) - timedelta(days=30)
    future = histories.NOW + timedelta(days=30)
    runs[1] = again(runs[1], started=before.isoformat())
    runs[2] = again(runs[2], started=future.isoformat())
    stored(tmp_path / "results", runs)
    shown = found(tmp_path, known)
    assert [one.commit for one in shown.runs] == list(known.order)
    first, second = shown.notes
    assert f"run {runs[1].run} began {before.isoformat()[:19]}, before its commit {known.order[1][:10]}" in first
    assert f"run {runs[2].run} began {future.isoformat()[:19]}, in the future" in second


def test_a_run_counts_once(tmp_path: Path, known: Commits):
    runs = made(known)
    stored(tmp_path / "results", runs)
    (same,) = stored(tmp_path / "other", runs[:1])
    same.rename(tmp_path / "results" / CLASS / "copy.jsonl.gz")
    assert len(found(tmp_path, known).runs) == 5 and not found(tmp_path, known).notes
    other = again(run(0, known.order[0], {CELL: 2e-3}), run=runs[0].run)
    (path,) = stored(tmp_path / "other", [other])
    path.rename(tmp_path / "results" / CLASS / "zother.jsonl.gz")
    (note,) = found(tmp_path, known).notes
    assert f"run {runs[0].run} is in" in note and "zother.jsonl.gz: only the first counts" in note


def test_a_commit_that_is_gone_is_told(tmp_path: Path, known: Commits):
    gone = again(made(known)[0], commit="f" * 40, run="20260101-000000-ffff")
    stored(tmp_path / "results", [*made(known), gone])
    shown = found(tmp_path, known)
    assert len(shown.runs) == 5
    why = "1 run left out, of commits that the history of main does not have (rewritten, or of another branch)"
    assert shown.notes == (f"{why}: {gone.run} (ffffffffff)",)


def test_without_any_commit_of_the_repository_the_order_is_that_of_time(tmp_path: Path, known: Commits):
    stored(tmp_path / "results", made(known))
    shown = found(tmp_path, Commits())
    assert [one.commit for one in shown.runs] == list(known.order)
    assert "no run is of a commit of this repository" in shown.notes[0]


def test_interrupted_runs_and_uncommitted_changes_are_left_out(tmp_path: Path, known: Commits):
    runs = made(known)
    stored(tmp_path / "results", [*runs[:3], again(runs[3], partial=True), again(runs[4], dirty=True)])
    shown = found(tmp_path, known)
    assert len(shown.runs) == 3
    assert [note.split(":")[0] for note in shown.notes] == [
        "1 run left out, interrupted",
        "1 run left out, with changes that are in no commit",
    ]
