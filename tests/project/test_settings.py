"""Which project is measured, and what its table may say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from perfsuite.project import settings
from perfsuite.project.settings import Project

TABLE = '[tool.perfsuite]\nvariants = "src/mine"\ncomponents = "perf.cells"\n'


def laid(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_the_project_is_the_one_around_the_current_folder(tmp_path: Path):
    mine = laid(tmp_path / "mine", TABLE)
    laid(mine / "inner", "[project]\nname = 'x'\n")
    assert settings.root(mine / "inner", {}) == mine
    assert settings.root(mine, {settings.VARIABLE: "/elsewhere"}) == Path("/elsewhere"), (
        "a worker is told by its parent"
    )
    found = settings.of(mine)
    assert found == Project(mine, variants="src/mine", components="perf.cells")
    assert found.packages == ("perfsuite", "perf") and found.module("facts") is None


def test_without_one_it_is_the_one_that_the_engine_was_checked_out_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert settings.root(tmp_path, {}) == settings.ENGINE.parent
    monkeypatch.setattr(settings, "ENGINE", tmp_path / "site-packages" / "perfsuite")
    assert settings.root(tmp_path, {}) == tmp_path, "an installed engine was checked out with none"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.perfsuite]\nvariant = 'a'\n", "has no 'variant'; it knows variants, components"),
        ("[tool.perfsuite]\nvariants = 3\n", "variants of [tool.perfsuite] is 3; it must be a text"),
        ("[tool.perfsuite]\nvariants = \n", "is not valid TOML"),
    ],
)
def test_what_does_not_read_is_told_in_one_line(text: str, says: str, tmp_path: Path):
    laid(tmp_path, text)
    environment = {**os.environ, "PYTHONPATH": str(settings.ENGINE.parent)}
    command = [sys.executable, "-m", "perfsuite", "list"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and says in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_a_project_without_components_says_where_they_should_be(tmp_path: Path):
    laid(tmp_path, TABLE)
    environment = {**os.environ, "PYTHONPATH": str(settings.ENGINE.parent)}
    command = [sys.executable, "-m", "perfsuite", "list"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"no components: {tmp_path / 'perf' / 'cells'} is not there" in done.stderr
