"""The commands that a page shows can be run as they stand."""

from __future__ import annotations

import dataclasses
import shlex
import subprocess
import sys
from pathlib import Path

import made
import pytest

from perfsuite.project import catalogue
from perfsuite.reporting import commands
from perfsuite.reporting.html.blocks import Code
from perfsuite.reporting.html.sections import machine
from perfsuite.reporting.view import View, command, explain_command

CELL = "smallops.row_sum/torch_sum/eager/cpu/5000x10/1"


@pytest.fixture(autouse=True)
def afresh():
    """The launcher is looked for once; each test looks again."""
    commands._launcher.cache_clear()
    yield
    commands._launcher.cache_clear()


def project(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    monkeypatch.setattr(catalogue, "PROJECT", dataclasses.replace(catalogue.PROJECT, **changes))


def test_names_a_program_that_exists():
    program = shlex.split(commands.launcher())[0]
    found = subprocess.run(
        ["sh", "-c", f"command -v {shlex.quote(program)}"], cwd=catalogue.PROJECT.root, capture_output=True, check=False
    )
    assert found.returncode == 0, program


@pytest.mark.slow
def test_does_what_it_says():
    """The command of a cell, with ``list`` for ``run``, which measures nothing."""
    words = shlex.split(command(CELL))
    at = words.index("run")
    done = subprocess.run(
        [*words[:at], "list", *words[at + 1 :]],
        cwd=catalogue.PROJECT.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0 and done.stdout.strip().splitlines()[0].startswith(CELL), done


def test_is_as_short_as_can_be_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    program = tmp_path / "bin" / "python"
    program.parent.mkdir()
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("PATH", "")
    project(monkeypatch, command="python -m benchmarks")
    assert commands.launcher() == f"{program} -m benchmarks"
    commands._launcher.cache_clear()
    project(monkeypatch, command="python -m benchmarks", root=tmp_path)
    assert commands.launcher() == "bin/python -m benchmarks"
    monkeypatch.setenv("PATH", str(program.parent))
    assert commands.launcher() == "python -m benchmarks"


def test_an_installed_script_may_be_beside_the_interpreter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "my env" / "python"))
    monkeypatch.setenv("PATH", "")
    project(monkeypatch, command="perfsuite", root=tmp_path)
    assert commands.launcher() == "'my env/python' -m perfsuite"
    commands._launcher.cache_clear()
    (tmp_path / "my env").mkdir()
    (tmp_path / "my env" / "perfsuite").write_text("")
    assert commands.launcher() == "'my env/perfsuite'"


def test_every_command_of_a_page_begins_with_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(commands, "launcher", lambda: "here/python -m benchmarks")
    assert commands.runnable("python -m benchmarks run --full") == "here/python -m benchmarks run --full"
    section = machine.render(View(made.small(), made.small(), ()))  # type: ignore[arg-type]
    assert section is not None
    (code,) = [block for block in section.blocks if isinstance(block, Code)]
    assert code.source == "here/python -m benchmarks run --quick"


def test_a_hostile_cell_stays_one_word():
    for name in made.HOSTILE:
        cell = f"a.b/{name.replace('/', '_')}/eager/cpu/c/1"
        assert shlex.split(command(cell))[-1] == cell
        assert shlex.split(explain_command(cell, CELL))[-2:] == [cell, CELL]
