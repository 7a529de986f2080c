"""The command: what it prints, what it writes, and one clear line for what it cannot do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from histories import CELL, run, stored

from perfsuite.history import backfill, commits, confirming
from perfsuite.history.commits import Commits
from perfsuite.history.searching import chance
from perfsuite.host import machine
from perfsuite.project import catalogue
from perfsuite.records import archive
from perfsuite.reporting.history import wording
from perfsuite.runners import cli

HERE = machine.machine_class(machine.machine())
OTHER = "lib.more/f/eager/cpu/n1/1"


@pytest.fixture(scope="module")
def known() -> Commits:
    found = commits.of(catalogue.ROOT)
    if len(found.order) < 20:
        pytest.skip("needs a repository with twenty commits")
    return found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Fewer random orders, and no records but those of the test."""
    monkeypatch.setattr(chance, "ORDERS", (8, 200))
    monkeypatch.setattr(archive, "FOLDER", tmp_path / "archive")


@pytest.fixture
def results(tmp_path: Path, known: Commits) -> Path:
    """Runs of the last twenty commits; a cell is slower from the eleventh on, and another is steady."""
    made = []
    for at, commit in enumerate(known.order[-20:]):
        times = {CELL: 1e-3 if at < 10 else 1.1e-3, OTHER: 2e-3}
        began = known.made[commit].isoformat()
        made.append(run(at, commit, times, machine_class=HERE, machine=machine.machine(), started=began))
    stored(tmp_path, made)
    return tmp_path


def history(results: Path, *arguments: str) -> int:
    return cli.main(["history", "--results", str(results), *arguments])


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert not out and err.count("\n") == 1 and "Traceback" not in err, (out, err)
    return err


def test_it_prints_what_is_suspected_and_the_command_that_decides(results: Path, capsys: pytest.CaptureFixture[str]):
    assert history(results) == 0
    out = capsys.readouterr().out
    assert "20 runs, 2 cells: " in out and "suspected" in out and "confirmed)" not in out
    assert f"compare {commits.of(catalogue.ROOT).order[-20:][9][:10]}" in out or " compare " in out
    assert "Nothing is called a regression that was not confirmed" in out
    assert (results / "history" / "index.html").is_file()


def test_the_document_has_every_point(results: Path, known: Commits, capsys: pytest.CaptureFixture[str]):
    assert history(results, "--json", "-k", "lib.work") == 0
    found = json.loads(capsys.readouterr().out)
    (cell,) = found["cells"]
    assert cell["cell"] == CELL and len(cell["points"]) == 20 and cell["state"] == "suspected"
    assert [one["commit"] for one in found["runs"]] == list(known.order[-20:])
    (step,) = [one for one in cell["suspicions"] if one["kind"] == "step"]
    assert step["ratio"] == pytest.approx(1.1, abs=0.01)


def test_the_pages_need_no_network_and_name_the_states(results: Path):
    assert history(results) == 0
    start, page = ((results / "history" / name).read_text() for name in ("index.html", "lib.work.html"))
    for text in (start, page):
        assert "http://" not in text.replace("http://www.w3.org", "") and "https://" not in text
        assert "default-src &#39;none&#39;" in text and "<script src" not in text
    assert "suspected" in start and OTHER in start and 'href="lib.work.html#' in start
    assert "data:image/svg+xml" in page and "not confirmed yet" in page


def test_a_hostile_subject_is_text(results: Path, monkeypatch: pytest.MonkeyPatch, known: Commits):
    monkeypatch.setattr(Commits, "named", lambda self, commit: "</script><img src=x onerror=alert(1)>")
    assert history(results) == 0
    for path in (results / "history").glob("*.html"):
        assert "<img src=x" not in path.read_text()


def test_a_selection_without_a_cell_and_an_unknown_commit_are_refused(
    results: Path, capsys: pytest.CaptureFixture[str]
):
    assert history(results, "-k", "nothing") == 2
    assert "has a time of a cell that matches -k 'nothing'" in complaint(capsys)
    assert history(results, "--anchor", "nonesuch") == 2
    assert "no commit 'nonesuch'" in complaint(capsys)
    assert history(results, "--class", "nonesuch") == 2
    assert "no record of a kind of machine 'nonesuch': --class takes one of" in complaint(capsys)


def test_machine_tells_what_splits(results: Path, capsys: pytest.CaptureFixture[str]):
    assert history(results, "--machine") == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert rows["cpu"].endswith("yes") and rows["kernel"].endswith("no") and "1.1" in rows["memory"]


def test_confirm_compares_what_is_suspected_and_says_how_long_before(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    asked: list[confirming.Pair] = []

    def compared(pair: confirming.Pair, *_: object) -> object:
        asked.append(pair)
        raise ValueError("no commit 'x': rewritten")

    monkeypatch.setattr(confirming, "compared", compared)
    assert history(results, "--confirm") == 2
    err = capsys.readouterr().err.splitlines()
    assert "comparison" in err[0] and "min at most" in err[0]
    assert err[-1].endswith("no commit 'x': rewritten") and CELL in asked[0].cells


def test_the_newest_commits_without_a_record_are_missing(known: Commits):
    branch = known.first_parents
    assert backfill.missing(known, {branch[-1], branch[-3]}, 3) == [branch[-5], branch[-4], branch[-2]]
    assert not backfill.missing(known, set(branch), 3)


def test_the_docs_explain_every_state():
    page = (Path(__file__).resolve().parents[2] / "docs" / "history.md").read_text()
    table = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")]
    assert {name for cell in table for name in cell.split(", ")} >= set(wording.STATES.values())
