"""Every example of docs/own-repository.md, as its reader would use it."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import own
import pytest

PAGE = own.ENGINE / "docs" / "own-repository.md"
BLOCK = re.compile(r"^```(python|toml)\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> dict[str, str]:
    """The blocks of the page that begin with the name of a file."""
    return {name: text for _, name, text in BLOCK.findall(PAGE.read_text())}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's repository."""
    root = tmp_path_factory.mktemp("docs") / "repo"
    files = {name: text for name, text in blocks().items() if name != "script"}
    root.mkdir()
    own.git(root, "init", "-q", "-b", "main")
    own.commit(root, "first", {**files, "src/mylib/__init__.py": "", ".gitignore": own.FILES[".gitignore"]})
    return root


def test_the_page_has_the_examples_that_it_speaks_of():
    assert {
        "pyproject.toml",
        "perf/attention.py",
        "perf/block.py",
        "perf/nested.py",
        "perf/loading.py",
        "script",
    } <= set(blocks())
    assert len(re.findall(r"^```python$", PAGE.read_text(), re.MULTILINE)) == sum(
        name.endswith(".py") or name == "script" for name in blocks()
    )


def test_all_components_are_listed(root: Path):
    listed = own.perfsuite(root, "list", "-k", "cpu").stdout.split()
    assert {cell.split("/")[0] for cell in listed} == {
        *("attention.attn", "losses.mse", "by_name.by_name", "block.forward", "block.backward", "block.step"),
        *("nested.statistics", "loading.batches"),
    }
    assert "block.forward/block/autocast/cpu/n64/1" in listed


def test_the_timed_page_shows_the_commands_of_its_script():
    steps = runpy.run_path(str(own.ENGINE / "examples" / "five_minutes.py"))["STEPS"]
    page = (own.ENGINE / "docs" / "five-minutes.md").read_text()
    for command, what in steps:
        assert f"`{command.format(engine='torch-perf-suite')}` | {what} |" in page, "python examples/five_minutes.py"


@pytest.mark.long
def test_all_of_them_are_right(root: Path):
    done = own.perfsuite(
        root, "run", "--launches", "1", "--budget", "0.01", "-k", "cpu", "--json", "--no-report", check=None
    )
    found = {cell["cell"]: (cell["status"], cell.get("reason", "")) for cell in json.loads(done.stdout)["cells"]}
    assert len(found) >= 12 and set(found.values()) == {("ok", "")}, found


@pytest.mark.long
def test_the_fixture_measures_in_an_ordinary_test(root: Path):
    environment = {**os.environ, "PYTHONPATH": str(own.ENGINE)}
    plugin = "perfsuite.runners.pytest_plugin.entry"
    command = [sys.executable, "-m", "pytest", "-q", "-p", plugin, "-p", "no:cacheprovider", "tests/test_speed.py"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout


@pytest.mark.long
def test_the_script_runs(tmp_path: Path):
    (tmp_path / "script.py").write_text(blocks()["script"])
    environment = {**os.environ, "PYTHONPATH": str(own.ENGINE)}
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("sum: ") and "\neinsum: " in done.stdout
