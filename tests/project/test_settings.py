"""Which project is measured, and what its table may say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from perfsuite.project import settings
from perfsuite.project.settings import Project

TABLE = '[tool.perfsuite]\npackage = "src/mine"\nbenchmarks = "perf/cells"\n'


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
    assert found == Project(mine, package=("src/mine",), benchmarks="perf/cells")
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
        (
            "[tool.perfsuite]\npackages = 'a'\n",
            "has no key 'packages': did you mean 'package'?; valid keys are command, package, benchmarks",
        ),
        ("[tool.perfsuite]\npackage = 3\n", "package of [tool.perfsuite] is 3; it must be a string"),
        ("[tool.perfsuite]\npackage = \n", "is not valid TOML"),
        ("[tool]\nperfsuite = 3\n", "tool.perfsuite is 3; it must be a table"),
    ],
)
def test_what_does_not_read_is_told_in_one_line(text: str, says: str, tmp_path: Path):
    laid(tmp_path, text)
    environment = {**os.environ, "PYTHONPATH": str(settings.ENGINE.parent)}
    command = [sys.executable, "-m", "perfsuite", "list"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and says in done.stderr and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("[tool.perfsuite]\n", {}),
        ('[tool]\nperfsuite = {quick = "a"}\n', {"quick": "a"}),
        ('[tool."perfsuite"]\nquick = "a"\n', {"quick": "a"}),
        ("# [tool.perfsuite] is for later\n[tool.ruff]\n", None),
        ("[tool.ruff\n", None),
    ],
)
def test_the_table_is_found_however_it_is_written(text: str, table: dict | None, tmp_path: Path):
    mine = laid(tmp_path / "mine", text)
    assert settings._table(mine / "pyproject.toml") == table
    assert settings.root(mine, {}) == (settings.ENGINE.parent if table is None else mine)


def test_a_module_that_is_not_there_is_told_with_the_table_that_names_it(tmp_path: Path):
    found = Project(tmp_path, facts="no.such", quick="json.nothing")
    with pytest.raises(ValueError, match=r"no module 'no.such', which \[tool.perfsuite\] in .* names as facts"):
        found.module("facts")
    with pytest.raises(ValueError, match=r"no module 'json.nothing', which .* names as quick"):
        found.module("quick")


def test_what_such_a_module_lacks_is_its_own_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "leaning.py").write_text("import a_module_that_nobody_has\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="a_module_that_nobody_has"):
        Project(tmp_path, rows="leaning").module("rows")


@pytest.mark.parametrize(("there", "lacking"), [((), "components"), (("perf/cells",), "package")])
def test_a_project_without_a_part_says_where_it_should_be(there: tuple[str, ...], lacking: str, tmp_path: Path):
    laid(tmp_path, TABLE)
    for folder in there:
        (tmp_path / folder).mkdir(parents=True)
    environment = {**os.environ, "PYTHONPATH": str(settings.ENGINE.parent)}
    command = [sys.executable, "-m", "perfsuite", "list"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    folder = {"components": tmp_path / "perf" / "cells", "package": tmp_path / "src" / "mine"}[lacking]
    assert f"no {lacking}: {folder} does not exist" in done.stderr
