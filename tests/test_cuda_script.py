"""The script for a machine with a GPU, which is lent for minutes: here it runs with the cells of the CPU."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pytest
import torch

from perfsuite.project import catalogue, selecting
from perfsuite.records import store
from perfsuite.validation.fakes.kinds import KINDS

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / ".ci" / "cuda.py"
WITHOUT = ("asv", "asv_runner", "nox", "torch_tb_profiler", "tensorboard")  # what that machine does not have

HIDING = f"""\
from importlib.machinery import PathFinder

found = PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name.partition(".")[0] in {WITHOUT} else found(name, *more)
"""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cuda_script", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["cuda_script"] = module
    spec.loader.exec_module(module)
    return module


def run(out: Path, *words: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(out), *words]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(environ or {})}, check=False)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_it_says_so_in_one_line(tmp_path: Path):
    done = run(tmp_path / "out")
    assert done.returncode == 2 and not done.stdout and not (tmp_path / "out").exists()
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"no CUDA device: torch {torch.__version__}") and "--dry" in line


def test_a_missing_package_is_named(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(script, "NEEDED", ("torch", "msgspec_that_is_not_here"))
    monkeypatch.setattr(sys, "argv", ["cuda.py", str(tmp_path)])
    assert script.main() == 2
    assert capsys.readouterr().err.startswith("missing here: msgspec_that_is_not_here: ")


def test_each_step_selects_something(script: ModuleType):
    cells = catalogue.all_cells()
    names = {str(cell) for cell in cells}
    for step in (*script.STEPS, *(one.dry() for one in script.STEPS)):
        if step.words[0] == "run":
            assert len(selecting.pick(cells, [step.words[2]])) > 10, step
        elif step.words[0] == "explain":
            assert {*step.words[1:3]} <= names and len({*step.words[1:3]}) == 2, step
        elif step.words[0] == "fakes":
            assert {*step.words[2:]} <= set(KINDS), step
    (fakes,) = [step for step in script.STEPS if step.name == "fakes"]
    assert {*fakes.words[2:]} == {name for name, kind in KINDS.items() if kind.device == "cuda"}
    assert sum(step.seconds for step in script.STEPS[:5]) < script.WHOLE < 900  # the lease
    dry = [step.dry().words for step in script.STEPS]
    assert not [words for words in dry if any("/cuda/" in word for word in words)]


def test_the_quick_cells_of_a_gpu_are_among_its_own(script: ModuleType):
    cells = catalogue.all_cells()
    quick = {cell for cell in selecting.quick(cells) if cell.device == "cuda"}
    assert quick and quick <= {*selecting.pick(cells, [script.QUICK])}


def test_a_step_loses_only_its_own_result(script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    steps = [
        script.Step("broken", 60, ("list", "-k", "no-such-cell")),
        script.Step("slow", 0.5, ("doctor",)),
        script.Step("well", 60, ("list", "-k", "smallops.row_sum/torch_sum")),
    ]
    script_least, script.LEAST = script.LEAST, 0.1
    try:
        assert script.done(steps, tmp_path / "out", tmp_path / "work", 300) == 1
    finally:
        script.LEAST = script_least
    ends = [line.split("s  ")[-1] for line in capsys.readouterr().out.splitlines()]
    assert ends == ["exit code 2", "stopped after 0 s", "ok"]
    with tarfile.open(tmp_path / "out" / "logs.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    assert "no-such-cell" in (tmp_path / "logs" / "broken.txt").read_text()
    assert "smallops.row_sum/torch_sum" in (tmp_path / "logs" / "well.txt").read_text()
    assert (tmp_path / "out" / "summary.txt").read_text().count("\n") == 3
    assert script.done(steps[2:], tmp_path / "late", tmp_path / "work", 1) == 1
    assert "no time was left" in (tmp_path / "late" / "summary.txt").read_text()


@pytest.mark.long
def test_a_dry_run_from_end_to_end(script: ModuleType, tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text(HIDING)
    words = ("--dry", "--seconds", "3000", "--work", str(tmp_path / "work"))
    done = run(tmp_path / "out", *words, environ={"PYTHONPATH": str(tmp_path)})
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [step.name for step in script.STEPS]
    assert all(line.endswith("  ok") for line in lines), done.stdout
    out = tmp_path / "out"
    records = sorted(out.glob("*.jsonl.gz"))
    assert len(records) == 2 and all(record.status == "ok" for record in store.read(records[-1]).records[:3])
    with tarfile.open(out / "pages.tar.gz") as archive:
        pages = archive.getnames()
    assert "report/index.html" in pages and "report/matmul.ladder.html" in pages
    assert len([name for name in pages if name.endswith("index.html")]) == 4  # the report and three explanations
    assert len([*out.iterdir()]) == 5  # of a lent machine, eight files come back
