"""The table of the validation is counted from the record; nothing in it is typed."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest

from perfsuite.calibration import calibrate, machines, rates, spread
from perfsuite.judging.record import Options

PLAIN, OTHER = calibrate.CELLS[0], calibrate.CELLS[4]


def row(verdict: str, ratio: float = 1.0, truth: float = 0.0, width: float = 0.01, **other: Any) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "ratio": ratio,
        "low": ratio - width,
        "high": ratio + width,
        "visible": 0.012,
        "spread": 0.004,
        "truth": truth,
        "epochs": 6,
        "seconds": 2.0,
        "xs": [0.0],
        **other,
    }


def session(kind: str, seconds: float = 30.0, **rows: dict[str, Any]) -> dict[str, Any]:
    cells = {"plain": PLAIN, "other": OTHER, "workers": calibrate.WORKERS}
    return {
        "kind": kind,
        "detector": calibrate.DETECTOR,
        "when": "2026-11-22T06:31:57+00:00",
        "seconds": seconds,
        "epochs": 6,
        "control": {"slower": 0.1, "faster": -0.2},
        "edits": [],
        "rows": {cells[name]: value for name, value in rows.items()},
    }


def test_the_bounds_are_clopper_and_pearsons():
    assert rates.upper(0, 100) == pytest.approx(0.0295, abs=1e-4)
    assert rates.upper(1, 158) == pytest.approx(0.0297, abs=1e-4)
    assert rates.lower(200, 200) == pytest.approx(0.9851, abs=1e-4)
    assert (rates.upper(0, 0), rates.lower(0, 0)) == (1.0, 0.0)


def test_false_alarms_are_counted_by_session():
    sessions = [
        *[session("same", plain=row("SAME"), workers=row("UNDECIDED")) for _ in range(8)],
        session("same", plain=row("SLOWER", 1.05), workers=row("SLOWER", 1.2)),
        session("same", plain=row("UNDECIDED"), workers=row("FASTER", 0.8)),
    ]
    line = next(text for text in rates.table(sessions).splitlines() if text.startswith("| the same tree twice |"))
    upper = f"{100 * rates.upper(2, 10):.1f} %"
    assert line == f"| the same tree twice | 10 | 2 | {upper} | 80.0 % of 10 | 10.0 % of 10 | 85.0 % of 20 | 30 s |"


def test_what_was_put_in_is_counted_by_cell_and_workers_apart():
    truth = math.log(1.05)
    sessions = [
        session("+5 %", plain=row("SLOWER", 1.05, truth), other=row("SLOWER", 1.05, truth)),
        session("+5 %", plain=row("SAME", 1.0, truth), workers=row("UNDECIDED", 1.05, truth, 0.1)),
    ]
    line = next(text for text in rates.table(sessions).splitlines() if text.startswith("| +5 % |"))
    lower = f"{100 * rates.lower(2, 3):.1f} %"
    assert line == f"| +5 % | 2 | 66.7 % of 3 | {lower} | 1 | 66.7 % of 3 | 0.0 % of 1 | 21.5 s | 2.0 s |"


def test_kinds_without_sessions_are_not_shown():
    shown = rates.table([session("no-op", plain=row("SAME"))])
    assert "edits that do nothing" in shown and "the same tree twice |" not in shown and "+5" not in shown


def test_sessions_of_another_detector_are_not_counted(tmp_path: Path):
    path = tmp_path / "record.jsonl"
    with pytest.raises(FileNotFoundError, match="benchmarks calibrate"):
        calibrate.load(path)
    same, other = session("same", plain=row("SAME")), session("no-op", plain=row("SAME"))
    for found in (same, {"detector": 0, "shape": "of another time"}, other):
        calibrate.add(path, found)
    with path.open("a") as file:
        file.write(json.dumps(same)[:40])  # killed while writing
    assert [found["kind"] for found in calibrate.load(path)] == ["same", "no-op"]


def test_the_kind_with_the_fewest_sessions_is_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calibrate, "run", lambda one: session(one.name, plain=row("SAME")))
    path = tmp_path / "record.jsonl"
    assert calibrate.sitting(path, ["same", "+5 %"], minutes=1, sessions=12) == 12
    kinds = [found["kind"] for found in calibrate.load(path)]
    assert kinds.count("same") == 10 and kinds.count("+5 %") == 2, "five of the same tree for each other session"


def test_an_unknown_kind_is_named():
    with pytest.raises(ValueError, match=r"no kind of session '\+7 %'"):
        calibrate.kind("+7 %")


def test_every_cell_of_the_validation_exists():
    from perfsuite.project import catalogue

    assert set(calibrate.CELLS) <= set(map(str, catalogue.all_cells()))


def test_the_record_that_is_kept_is_whole():
    for path in calibrate.EVIDENCE.glob("*.jsonl"):
        sessions = calibrate.load(path)
        assert sessions, f"{path.name} holds no session of this detector"
        assert all(set(found["rows"]) <= set(calibrate.CELLS) for found in sessions)


def test_the_table_of_the_spread_has_a_row_for_each_way():
    found = {
        "usual": {PLAIN: [0.0, 0.01, -0.01], OTHER: [0.0, 0.02, -0.02]},
        "other": {PLAIN: [0.0, 0.04, -0.04], OTHER: [0.0, 0.01, -0.01]},
    }
    assert spread.table(found) == (
        "| standard deviation of X, 3 processes | elementwise 1000 | row_sum 50x10 | all |\n"
        "|---|---:|---:|---:|\n"
        "| usual | 1.00 % | 2.00 % | 1.41 % |\n"
        "| other | 4.00 % | 1.00 % | 2.00 % |\n"
    )


def test_what_the_spread_was_is_kept(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="run `python -m benchmarks spread` first"):
        spread.load(tmp_path / "none.json")
    found = {"usual": {PLAIN: [0.0, 0.0123456]}}
    spread.write(tmp_path / "new" / "x.json", found)
    assert spread.load(tmp_path / "new" / "x.json") == {"usual": {PLAIN: [0.0, 0.01235]}}


def test_every_way_differs_from_the_usual_in_options_that_exist():
    usual, *others = spread.WAYS
    names = {field.name for field in dataclasses.fields(Options)}
    assert not usual.options
    for way in others:
        assert way.options and set(way.options) <= names, way.name
        default = Options(cells=(), selection="", command="")
        assert any(getattr(default, name) != value for name, value in way.options.items())


def test_each_kind_of_machine_has_its_own_table(tmp_path: Path):
    (tmp_path / "peers").mkdir()
    for name in ("two", "one"):
        (tmp_path / f"{name}.jsonl").write_text(name.upper())
    assert machines.tables(tmp_path, Path.read_text) == "**one**\n\nONE\n**two**\n\nTWO"
    with pytest.raises(FileNotFoundError, match=r"no record in .*without --table first"):
        machines.tables(tmp_path / "peers", Path.read_text)


def test_the_command_prints_all_machines_or_the_record_that_is_named(tmp_path, monkeypatch, capsys):
    from perfsuite.runners import cli

    for name in ("ours", "theirs"):
        calibrate.add(tmp_path / f"{name}.jsonl", session("same", plain=row("SAME")))
    monkeypatch.setattr(calibrate, "record", lambda: tmp_path / "ours.jsonl")
    assert cli.main(["calibrate", "--table"]) == 0
    every = capsys.readouterr().out
    assert every.count("| the same tree twice |") == 2 and "**theirs**" in every
    assert cli.main(["calibrate", "--table", "--record", str(tmp_path / "theirs.jsonl")]) == 0
    one = capsys.readouterr().out
    assert one.count("| the same tree twice |") == 1 and "**" not in one
    assert cli.main(["calibrate", "--table", "--record", str(tmp_path / "nobody.jsonl")]) == 2
