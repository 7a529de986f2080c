"""A calibration on several machines: each session once, by its number, and all of them before any counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import several

from perfsuite.calibration import calibrate, shards
from perfsuite.runners import cli
from perfsuite.sharding import engines, folder

CELL = calibrate.CELLS[0]
ROW = {
    **{"verdict": "SAME", "ratio": 1.0, "low": 0.99, "high": 1.01, "visible": 0.012, "spread": 0.004, "truth": 0.0},
    **{"epochs": 6, "seconds": 2.0, "xs": [0.0]},
}
PLAN = shards.Plan(calibrate.USUAL, 23, 0, 3)


def session(kind: str) -> dict[str, Any]:
    return {
        **{"kind": kind, "detector": calibrate.DETECTOR, "when": "2026-11-22T06:31:57+00:00", "seconds": 30.0},
        **{"epochs": 6, "control": {"slower": 0.1, "faster": -0.2}, "edits": [], "rows": {CELL: ROW}},
    }


@pytest.fixture
def seeds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The seeds of the sessions that were run: each takes no time and finds nothing. The project's record is empty."""
    found: list[str] = []

    def run(one: calibrate.Kind, seed: str = "") -> dict[str, Any]:
        found.append(seed)
        return session(one.name)

    monkeypatch.setattr(calibrate, "run", run)
    monkeypatch.setattr(calibrate, "EVIDENCE", tmp_path / "evidence")
    return found


def made(folder: Path, plan: shards.Plan = PLAN) -> list[Path]:
    """The files of all shards."""
    files = [folder / f"{number}.jsonl" for number in range(1, plan.shards + 1)]
    for number, path in enumerate(files, start=1):
        shards.sitting(path, plan, number)
    return files


def changed(path: Path, change: Callable[[list[Any]], None]) -> None:
    """Change the lines of a file."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    change(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_each_session_is_run_once_and_is_of_the_kind_that_one_machine_would_run(tmp_path: Path, seeds: list[str]):
    found = shards.merge(made(tmp_path)[::-1])
    assert [one["origin"]["session"] for one in found] == list(range(1, 24))
    assert len({*seeds}) == len(seeds) == 23
    calibrate.sitting(tmp_path / "alone.jsonl", calibrate.USUAL, minutes=60, sessions=23)
    assert [one["kind"] for one in found] == [one["kind"] for one in calibrate.load(tmp_path / "alone.jsonl")]


@pytest.mark.parametrize("count", [1, 2, 3, 22, 23])
def test_shares_are_disjoint_whole_and_about_equal(count: int):
    plan = shards.Plan(("same",), 23, 0, count)
    shares = [plan.share(number) for number in range(1, count + 1)]
    assert [session for share in shares for session in share] == list(range(1, 24))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_session_makes_the_same_edits_wherever_it_runs_and_others_with_another_seed(tmp_path: Path, seeds: list[str]):
    made(tmp_path / "three")
    made(tmp_path / "one", shards.Plan(calibrate.USUAL, 23, 0, 1))
    assert seeds[:23] == seeds[23:]
    made(tmp_path / "other", shards.Plan(calibrate.USUAL, 23, 1, 1))
    assert not {*seeds[:23]} & {*seeds[46:]}


def test_an_interrupted_shard_goes_on_with_what_is_left(
    tmp_path: Path, seeds: list[str], monkeypatch: pytest.MonkeyPatch
):
    path, run = tmp_path / "2.jsonl", calibrate.run

    def interrupted(one: calibrate.Kind, seed: str = "") -> dict[str, Any]:
        if len(seeds) == 2:
            raise KeyboardInterrupt
        return run(one, seed=seed)

    monkeypatch.setattr(calibrate, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        shards.sitting(path, PLAN, 2)
    with pytest.raises(
        ValueError, match=r"2\.jsonl has 2 of 8 sessions: finish it first, with `calibrate --sessions 23 "
    ):
        shards.merge([path])
    with path.open("a") as file:
        file.write(json.dumps(session("same"))[:40])  # killed while writing
    monkeypatch.setattr(calibrate, "run", run)
    shards.sitting(path, PLAN, 2)
    assert len(seeds) == len({*seeds}) == 8 and shards.RESULT.whole(path, 2)


def test_a_file_of_other_sessions_is_not_added_to(tmp_path: Path, seeds: list[str]):
    path = made(tmp_path)[0]
    before = path.read_bytes()
    other = shards.Plan(calibrate.USUAL, 23, 1, 3)
    for plan, number in ((other, 1), (PLAN, 2)):
        with pytest.raises(ValueError, match="holds sessions of another calibration or shard: name another file"):
            shards.sitting(path, plan, number)
    assert path.read_bytes() == before


def called(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> str:
    """What a command prints; where it fails, the one line of its error."""
    capsys.readouterr()
    found = cli.main([*map(str, words)])
    out, err = capsys.readouterr()
    assert found == code, (found, err)
    if code:
        assert out == "" and err.count("\n") == 1, (out, err)
    return err if code else out


def test_a_matrix_of_jobs_and_a_merge_add_to_the_record(
    tmp_path: Path, seeds: list[str], capsys: pytest.CaptureFixture[str]
):
    calibrate.add(calibrate.record(calibrate.EVIDENCE), session("same"))
    for number in (2, 1):
        words = ("--sessions", 7, "--shards", 2, "--shard", number, "--results", tmp_path / "parts")
        assert "| the same tree twice |" in called(capsys, "calibrate", *words)
    told = json.loads(called(capsys, "merge", tmp_path / "parts", "--json"))
    assert told["shards"] == 2 and told["sessions"] == 7 and len(told["nodes"]) == 1
    (path,) = calibrate.EVIDENCE.glob("*")
    assert told["record"] == str(path) and len(calibrate.load(path)) == 8
    err = called(capsys, "merge", tmp_path / "parts", code=2)
    assert f"session 1 of 7 is in {path} already, and counts once: for more sessions, use another --seed" in err
    assert len(calibrate.load(path)) == 8
    out = tmp_path / "new.jsonl"
    called(capsys, "merge", tmp_path / "parts", "-o", out)
    assert len(calibrate.load(out)) == 7
    assert "exists, and is not replaced" in called(capsys, "merge", tmp_path / "parts", "-o", out, code=2)
    assert "must end with .jsonl" in called(capsys, "merge", tmp_path / "parts", "-o", tmp_path / "x.gz", code=2)


def put(name: str, value: Any) -> Callable[[list[Any]], None]:
    def change(lines: list[Any]) -> None:
        for line in lines:
            line["origin"][name] = value

    return change


def repeated(lines: list[Any]) -> None:
    lines[1]["origin"]["session"] = lines[0]["origin"]["session"]


CHANGES: list[tuple[Callable[[list[Any]], None], str]] = [
    (put("machine_class", "other-4c"), "machine class is "),
    (put("commit", "beef" * 10), f"but {'beef' * 10} in"),
    (put("tree", "beef"), "tree hash is "),
    (put("seed", 5), "seed is 0 in"),
    (put("kinds", ["same"]), "list of kinds is "),
    (put("sessions", 22), "is damaged: session 15 is not in shard 2"),
    (put("shard", 1), "is damaged: session 8 is not in shard 1"),
    (put("shards", 4), "is damaged: session 12 is not in shard 2: measure it again"),
    (lambda lines: lines.pop(), "has 7 of 8 sessions: finish it first, with `calibrate --sessions 23 --shards 3"),
    (lambda lines: lines.clear(), "there are sessions of a calibration and records of runs: merge each kind apart"),
    (repeated, "session 8 is in "),
    (lambda lines: lines[0].pop("origin"), "holds sessions that are no part of a shard"),
    (lambda lines: lines[0]["origin"].update(seed=9), "holds sessions of several shards or calibrations"),
    (lambda lines: lines[0].update(kind="no-op"), "session 8 is of kind 'no-op', but must be"),
    (put("session", 0), "origin.session: must be 1 to 23, is 0"),
    (put("shard", 4), "origin.shard: must be 1 to 3, is 4"),
    (put("kinds", []), "origin.kinds[0]: '' is not one of"),
    (put("kinds", ["+7 %"]), "origin.kinds[0]: '+7 %' is not one of"),
    (put("machine_class", "../x"), "origin.machine_class: '../x' cannot be the name of a folder"),
    (put("sessions", 10**20), "is damaged: "),
]


@pytest.mark.parametrize(("change", "told"), CHANGES, ids=[told for _, told in CHANGES])
def test_what_does_not_belong_together_is_refused(
    change: Callable[[list[Any]], None],
    told: str,
    tmp_path: Path,
    seeds: list[str],
    capsys: pytest.CaptureFixture[str],
):
    files = made(tmp_path)
    changed(files[1], change)
    assert told in called(capsys, "merge", *files, code=2)
    assert not calibrate.EVIDENCE.exists()


def test_what_is_missing_or_there_twice_is_refused(
    tmp_path: Path, seeds: list[str], capsys: pytest.CaptureFixture[str]
):
    files = made(tmp_path)
    err = called(capsys, "merge", files[0], files[2], code=2)
    assert "shard 2 of 3 missing: measure with `calibrate --shards 3 --shard 2` and the same options" in err
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(files[1].read_bytes())
    assert f"shard 2 of 3 is in {files[1]} and in {copy}" in called(capsys, "merge", *files, copy, code=2)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--shards", "3", "--shard", "1"], "--shards needs --sessions, the number of sessions of all parts"),
        (["--sessions", "2", "--shards", "3", "--shard", "1"], "--shards 3 is too many for 2 session(s)"),
        (["--sessions", "5", "--shards", "3"], "--shards 3 needs --shard"),
        (["--sessions", "5", "--shards", "3", "--shard", "4"], "--shard 4 is out of range"),
        (
            ["--sessions", "5", "--shards", "3", "--shard", "1", "--minutes", "5"],
            "--minutes 5 does not go with --shards",
        ),
        (["--seed", "5"], "--seed 5 is for --shards"),
        (["--resume"], "add --engine"),
        (["--sessions", "5", "--engine", "local"], "--engine local needs --shards"),
        (["--shards", "2", "--engine", "local"], "--shards needs --sessions"),
        (["--engine", "local", "--resume", "nothing"], "no sharded run 'nothing' in"),
        (["--kind", "+7 %"], "no kind of session '+7 %'"),
    ],
)
def test_what_cannot_be_shared_out_is_told_in_one_line(
    words: list[str], told: str, tmp_path: Path, seeds: list[str], capsys: pytest.CaptureFixture[str]
):
    assert told in called(capsys, "calibrate", *words, "--results", tmp_path / "results", code=2)
    assert not (tmp_path / "results").exists() and not seeds


class Inside(several.Ended):
    """An engine that runs the commands of its jobs in this process; it loses those that the test says."""

    width = 1

    def __init__(self, *lost: int) -> None:
        self.lost, self.submitted = [*lost], 0

    def submit(self, words: Sequence[str], attempt: Path, seconds: float) -> str:
        self.submitted += 1
        assert cli.main([*words[words.index("-m") + 2 :]]) == 0
        if self.submitted in self.lost:
            (path,) = attempt.glob("calibrate/*")
            changed(path, lambda lines: lines.pop())
        return f"job{self.submitted}"


def test_an_engine_runs_all_shards_again_where_lost_and_adds_each_session_once(
    tmp_path: Path, seeds: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    engine = Inside(2)
    monkeypatch.setattr(engines, "engine", lambda name, slurm: engine)
    words = ("--sessions", "5", "--kind", "same", "--kind", "+5 %", "--seed", "3", "--shards", "2")
    assert cli.main(["calibrate", *words, "--engine", "local", "--results", str(tmp_path / "results")]) == 0
    assert engine.submitted == 3 and "shard 2 of 2 was lost with job job2" in capsys.readouterr().err
    found = calibrate.load(calibrate.record(calibrate.EVIDENCE))
    assert [one["origin"]["session"] for one in found] == [1, 2, 3, 4, 5]
    assert {one["kind"] for one in found} == {"same", "+5 %"} and {one["origin"]["seed"] for one in found} == {3}
    assert not list((tmp_path / "results" / "shards").iterdir())


def test_what_is_resumed_is_a_calibration(tmp_path: Path, seeds: list[str]):
    mine = folder.begin(tmp_path, ("calibrate",), "", (1.0,), shards.RESULT)
    other = folder.begin(tmp_path, ("run",), "", (1.0,))
    assert folder.resume(tmp_path, result=shards.RESULT) == mine and folder.resume(tmp_path) == other
    with pytest.raises(ValueError, match=f"{other.path.name} is a sharded run: go on with `run --engine"):
        folder.resume(tmp_path, other.path.name, shards.RESULT)


def test_a_torn_file_is_not_whole(tmp_path: Path, seeds: list[str]):
    found = folder.begin(tmp_path, ("calibrate",), "", (1.0, 1.0, 1.0), shards.RESULT)
    files = made(tmp_path / "made")
    for attempt, content in (("2-1", files[0].read_bytes()), ("2-2", files[1].read_bytes()[:-50])):
        (found.path / attempt / "calibrate").mkdir(parents=True)
        (found.path / attempt / "calibrate" / "x.jsonl").write_bytes(content)
    assert found.whole(2) is None
    (found.path / "2-3" / "calibrate").mkdir(parents=True)
    (found.path / "2-3" / "calibrate" / "x.jsonl").write_bytes(files[1].read_bytes())
    assert found.whole(2) == found.path / "2-3" / "calibrate" / "x.jsonl"
