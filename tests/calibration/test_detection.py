"""The trials of the detectors: the harness counts right, and the page has the tables of the kept record."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from perfsuite.calibration.calibrate import EVIDENCE
from perfsuite.calibration.detection import noise, table, tools, trials
from perfsuite.history.searching import chance

PAGE = Path(__file__).resolve().parents[2] / "docs" / "history.md"
KEPT = sorted((EVIDENCE / "detection").glob("*.json"))
HERE = [one for one in tools.TOOLS if one.name != "apache-otava"]  # which is installed in an environment of its own


@pytest.fixture(autouse=True)
def _fewer_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chance, "SHUFFLED", 200_000)


@pytest.mark.parametrize("tool", HERE, ids=lambda tool: tool.name)
def test_each_detector_finds_a_clear_step_and_none_in_what_is_constant(tool: tools.Tool):
    if tool.missing():
        pytest.skip(tool.missing())
    logs = 1e-3 * np.random.default_rng(1).standard_normal((4, 60))
    logs[1:, 30:] += np.log(1.05)
    first, *others = tool.find(logs)
    assert not first or tool.name == "ruptures"  # which has many false alarms
    assert all(min(abs(at - 30) for at in each) <= 1 for each in others)


def test_otava_is_asked_in_its_own_environment_and_its_failure_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    python = tmp_path / "python"
    monkeypatch.setattr(tools, "_python", lambda: python)
    python.write_text("#!/bin/sh\ncat > /dev/null\necho '[[3], []]'\n")
    python.chmod(0o755)
    (otava,) = [one for one in tools.TOOLS if one.name == "apache-otava"]
    assert otava.find(np.zeros((2, 9))) == [[3], []]
    python.write_text("#!/bin/sh\ncat > /dev/null\necho Traceback >&2\necho 'no otava' >&2\nexit 1\n")
    with pytest.raises(ValueError, match=r"^otava failed: no otava$"):
        otava.find(np.zeros((2, 9)))


def test_without_uv_the_row_of_otava_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def unable(*words: str) -> str:
        raise ValueError("uv is not installed")

    monkeypatch.setattr(tools.environments, "uv", unable)
    monkeypatch.setattr(tools.data, "folder", lambda: tmp_path / "data")
    (otava,) = [one for one in tools.TOOLS if one.name == "apache-otava"]
    assert otava.missing() == "uv is not installed"


def test_the_noise_is_that_of_the_kept_runs_and_heavier_than_normal():
    kept = noise.kept()
    drawn = kept.draw(np.random.default_rng(1), 300, 200, 0.01)
    assert float(np.sqrt(np.mean(np.square(drawn - drawn.mean(axis=1, keepdims=True))))) == pytest.approx(0.01, rel=0.1)
    centred = drawn - np.median(drawn, axis=1, keepdims=True)
    far = np.mean(np.abs(centred) > 4 * 1.4826 * np.median(np.abs(centred), axis=1, keepdims=True))
    assert far > 100 * 6.3e-5  # of normal values
    assert kept.runs >= 1
    own = kept.draw(np.random.default_rng(1), 300, 200).std(axis=1)
    known = np.concatenate(list(kept.one_run().values()))
    assert float(np.median(own)) == pytest.approx(float(np.median(known)), rel=0.3)


def test_beside_rivals_the_kept_runs_vary_less():
    alone, beside = noise.kept(), noise.kept(beside=True)
    for name, cells in beside.launches.items():
        assert all(len(cell) > 3 for cell in cells) and len(cells) < len(alone.launches[name])
        assert np.median(beside.one_run()[name]) < 0.8 * np.median(alone.one_run()[name])
    assert 0 < beside.pairs < alone.pairs


def test_noise_that_rivals_share_is_gone_beside_them():
    shared = np.random.default_rng(1).standard_normal(6)
    own = 0.1 * np.random.default_rng(2).standard_normal((5, 6))
    alone = noise.deviations([(shared + own[0])[None]])
    beside = noise.deviations([shared + own])
    assert beside[0] < 0.3 * alone[0]


def test_real_series_are_those_of_comparisons_of_the_same_code():
    real = noise.sessions()
    assert real.shape[1] >= 100
    assert np.abs(np.median(real, axis=1)).max() < 0.01


def test_a_planted_step_has_its_size_and_place():
    stepped, at = trials.planted(np.zeros((50, 40)), 1.03, np.random.default_rng(1))
    assert min(at) >= trials.EDGE
    assert max(at) <= 40 - trials.EDGE
    for one, place in zip(stepped, at, strict=True):
        assert not one[:place].any()
        assert one[place:] == pytest.approx(np.log(1.03))


def test_a_step_is_located_within_two_runs():
    assert trials.counted([[10], [12, 40], [13], [], [40]], [10] * 5) == [4, 2, 5]


def test_what_no_detector_was_tried_on_is_said(tmp_path: Path):
    found = json.loads(KEPT[0].read_text())
    found["missing"] = {"apache-otava": "uv is not installed"}
    for tried in found["noise"].values():
        tried.pop("apache-otava", None)
    found["anchors"] = {}
    path = tmp_path / "record.json"
    table.write(path, found)
    told = table.table(table.load(path))
    assert "| all | apache-otava: not tried: uv is not installed |" in told
    assert "What is known of apache-otava" not in told


def test_a_damaged_record_is_named(tmp_path: Path):
    path = tmp_path / "record.json"
    with pytest.raises(FileNotFoundError, match="detect` first"):
        table.load(path)
    found = json.loads(KEPT[0].read_text())
    found["late"]["3"] = "many"
    path.write_text(json.dumps(found))
    with pytest.raises(ValueError, match="late"):
        table.load(path)


def test_the_page_has_the_tables_of_the_kept_record():
    text = PAGE.read_text(encoding="utf-8")
    assert text.split("<!-- detection -->\n")[1].split("<!-- /detection -->")[0] == table.table(table.load(KEPT[0]))
