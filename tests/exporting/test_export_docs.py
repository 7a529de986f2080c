"""The blocks of docs/exporting.md run as they stand, and its table is that of the formats."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import exported
import pytest

from perfsuite.exporting.formats import FORMATS
from perfsuite.runners import cli
from perfsuite.runners.commands import _arguments

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "exporting.md").read_text()


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, language
    return found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two runs, which the page names."""
    exported.kept(tmp_path / "results", *exported.series(2))
    monkeypatch.setattr(_arguments, "RESULTS", tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_run(here: Path, capsys: pytest.CaptureFixture[str]):
    for needed in ("pyarrow", "duckdb", "pyperf"):
        pytest.importorskip(needed)
    steps = re.findall(r"^- run: (.*)$", PAGE, re.MULTILINE)
    lines = [line for block in blocks("sh") for line in block.splitlines()] + steps
    assert len(lines) == 8
    for line in lines:
        program, *arguments = shlex.split(line, comments=True)
        if program == "perfsuite":
            assert cli.main(arguments) == 0, line
        else:
            command = [sys.executable, *arguments]
            done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
            assert program == "python" and done.returncode == 0, done.stderr
    assert capsys.readouterr().out
    assert {path.name for path in here.iterdir()} == {"results", "exported", "old.json", "new.json", "benchmark.json"}


@pytest.mark.parametrize("sql", blocks("sql"))
def test_the_queries_run(here: Path, capsys: pytest.CaptureFixture[str], sql: str):
    pytest.importorskip("duckdb")
    assert cli.main(["query", sql]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 1


def test_the_table_is_that_of_the_formats():
    rows = re.findall(r"^\| `(\w[\w-]*)` \| .* \| (.*) \|$", PAGE, re.MULTILINE)
    assert {name for name, _ in rows} == {*FORMATS}
    assert {name for name, place in rows if place == "left out"} == {
        name for name, form in FORMATS.items() if not form.failed
    }
    each = {name for name, form in FORMATS.items() if form.text}
    assert {name for name, _ in rows[-4:]} == each, "the last four write a file for each record"
