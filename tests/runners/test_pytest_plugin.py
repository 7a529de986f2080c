"""The pytest plugin in somebody's own repository: real pytest processes, which load it by its entry point."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import made
import own
import pytest

from perfsuite.model.estimates import Estimate
from perfsuite.model.record import REFUSED
from perfsuite.records import store
from perfsuite.runners import api
from perfsuite.runners.pytest_plugin import timing
from perfsuite.runners.results import Compared, Measured

ENTRY = "perfsuite.runners.pytest_plugin.entry"
HEAVY = ("torch", "numpy", "pandas", "matplotlib", "psutil", "msgspec", "cloudpickle")
ORDINARY = f'''\
import sys


def test_what_is_loaded():
    assert "{ENTRY}" in sys.modules
    loaded = [name for name in sys.modules if name.startswith("perfsuite") and not "{ENTRY}".startswith(name)]
    assert not loaded, loaded
    assert not [name for name in {HEAVY!r} if name in sys.modules]
'''
LOSSES = """\
from perfsuite import component


@component(variants=["mylib.core:work"])
def softmax(case, generator):
    raise RuntimeError("a record is shown without this file being imported")
"""
FOR_MODULES = """\
import pytest


@pytest.fixture(autouse=True, scope="module")
def own(request):
    assert request.module is None, "a file of components is not imported as a test module"
"""
NAMED = """\
from perfsuite import component

assert __name__ == "perf.work", "pytest imported it as a test module"


@component(variants=["mylib.core:work", "mylib.core:other"])
def sums(case, generator):
    import torch

    return torch.randn(50, 50, generator=generator)
"""
WRONG = '''\
import torch
from mylib import core
from perfsuite import component


def wrong(x):
    """It forgets the factor."""
    return x.sum(0)


@component(variants=[core.work, wrong], cases={"n200": {"n": 200}, "n300": {"n": 300}})
def sums(case, generator):
    """Which is faster?"""
    return torch.randn(case.n, 50, generator=generator)
'''
QUICK = {"perf/work.py": NAMED}  # a project whose cells are listed without torch
Pytest = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for ``sys.path`` that says what the wheel's metadata says: the entry points."""
    site = tmp_path_factory.mktemp("site")
    folder = site / "torch_perf_suite-0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: torch-perf-suite\nVersion: 0\n")
    points = tomllib.loads((own.ENGINE / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    lines = [f"{name} = {module}" for name, module in points.items()]
    (folder / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines, ""]))
    return site


@pytest.fixture
def process(installed: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start pytest in a folder, as one who installed the engine would."""

    def start(root: Path, *arguments: object) -> subprocess.Popen[str]:
        outer = ("PERFSUITE", "PYTEST_", "BENCHMARKS_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
        environment["PYTHONPATH"] = os.pathsep.join(map(str, (own.ENGINE, installed, root / "src")))
        command = [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider"]
        return subprocess.Popen(
            [*command, *map(str, arguments)],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def inner(process: Callable[..., subprocess.Popen[str]]) -> Pytest:
    """Run pytest in a folder to its end."""

    def run(root: Path, *arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        with process(root, *arguments) as one:
            out, err = one.communicate(timeout=280)
        assert one.returncode == code, out + err
        return subprocess.CompletedProcess(one.args, one.returncode, out, err)

    return run


def cells(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The collected items, as ``--collect-only -q`` prints them."""
    return re.findall(r"^(\S+::\S+)$", done.stdout, re.MULTILINE)


# -- without --perfsuite ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["", "[tool.perfsuite]\nbenchmarks = 3\n", own.FILES["pyproject.toml"]])
def test_an_ordinary_run_loads_and_collects_nothing_of_ours(inner: Pytest, tmp_path: Path, table: str):
    (tmp_path / "pyproject.toml").write_text(table)
    for name, text in {"test_ordinary.py": ORDINARY, "perf/work.py": own.FILES["perf/work.py"]}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = inner(tmp_path, "-p", "no:benchmark", "-p", "no:hypothesispytest")
    assert "1 passed" in done.stdout


def test_the_plugin_costs_little(tmp_path: Path):
    """Not in seconds, which a busy machine stretches: in modules that pytest has not loaded itself."""
    code = f"import pytest, sys; old = set(sys.modules); import {ENTRY}; print(*sorted(set(sys.modules) - old))"
    done = subprocess.run([sys.executable, "-c", code], cwd=own.ENGINE, capture_output=True, text=True, check=True)
    parts = ENTRY.split(".")
    assert done.stdout.split() == [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


# -- collecting -------------------------------------------------------------------------------------------------------


def test_without_paths_the_cells_of_the_project_are_collected(inner: Pytest, tmp_path: Path):
    table = own.FILES["pyproject.toml"] + '\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n'
    root = own.repository(tmp_path, {**QUICK, "pyproject.toml": table, "tests/test_ordinary.py": ORDINARY})
    done = inner(root, "--perfsuite", "--collect-only", "-q", "-k", "cpu")
    assert cells(done) == [f"perf/work.py::work.sums/{name}/eager/cpu/default/1" for name in ("work", "other")]
    assert not (root / "results").exists()


def test_paths_expressions_and_ids_select(inner: Pytest, tmp_path: Path):
    root = own.repository(tmp_path, {**QUICK, "tests/test_it.py": "def test_it(): pass\n"})
    only = ("--perfsuite", "--collect-only", "-q")
    one = "perf/work.py::work.sums/other/eager/cpu/default/1"
    found = inner(root, *only, "tests", "perf/work.py", "--perfsuite-cells", "other and cpu")
    assert cells(found) == ["tests/test_it.py::test_it", one]
    assert cells(inner(root, *only, one)) == [one]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-n", "2"], "cells that are timed in parallel disturb each other: run without -n, or with -n 0"),
        (["--perfsuite-cells", "and"], "--perfsuite-cells: -k 'and' is not valid: "),
        (
            ["--perfsuite-cells", "no_such_cell"],
            "--perfsuite-cells 'no_such_cell' names no cell: the components are in",
        ),
        (["src"], "--perfsuite-cells 'quick' names no cell in src: the components are in"),
        (["--perfsuite-launches", "0"], "--perfsuite-launches 0 is not above 0"),
        (["--perfsuite-budget", "-1"], "--perfsuite-budget -1.0 is not above 0"),
        (["--perfsuite-record", "pyproject.toml"], "pyproject.toml is not a readable record file"),
        (["--perfsuite-benchmark", "-p", "no:benchmark"], "the cells need pytest-benchmark: pip install"),
    ],
)
def test_bad_input_is_told_in_one_line(inner: Pytest, tmp_path: Path, arguments: list[str], message: str):
    refused(inner(own.repository(tmp_path, QUICK), "--perfsuite", *arguments, code=4), message)


def test_a_setting_without_effect_is_refused(inner: Pytest, tmp_path: Path):
    done = inner(tmp_path, "--perfsuite-cells", "full", code=4)
    refused(done, "--perfsuite-cells has no effect without --perfsuite: add it")


def test_a_project_that_is_none_is_told_in_one_line(inner: Pytest, tmp_path: Path):
    table = tmp_path / "pyproject.toml"
    refused(inner(tmp_path, "--perfsuite", code=4), f"no [tool.perfsuite] in {tmp_path} or a folder above: ")
    table.write_text('[tool.perfsuite]\nbenchmark = "perf"\n')
    refused(inner(tmp_path, "--perfsuite", code=4), "has no key 'benchmark': did you mean 'benchmarks'?")
    table.write_text('[tool.perfsuite]\nbenchmarks = "perf"\n')
    refused(inner(tmp_path, "--perfsuite", code=4), f"no components: {tmp_path / 'perf'} does not exist; ")


def refused(done: subprocess.CompletedProcess[str], message: str) -> None:
    (line,) = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("ERROR")]
    assert message in line
    assert "Traceback" not in done.stdout + done.stderr


def test_a_component_that_cannot_be_imported_is_an_error_of_its_file(inner: Pytest, tmp_path: Path):
    root = own.repository(tmp_path, {**QUICK, "perf/broken.py": "import no_such_module\n" + LOSSES})
    done = inner(root, "--perfsuite", code=2)
    assert "perf/broken.py cannot be imported: ModuleNotFoundError: No module named 'no_such_module'" in done.stdout
    assert "ERROR perf/broken.py" in done.stdout and "1 error during collection" in done.stdout
    assert not (root / "results").exists(), "nothing was measured"


# -- outcomes, of a stored run ----------------------------------------------------------------------------------------


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Path, Path, list[made.Record]]:
    """A repository, and the record file of a run with a cell of each status."""
    root = own.repository(tmp_path / "project", {"perf/losses.py": LOSSES})
    problem, records = made.faults()
    return root, store.write(made.run((problem,), tuple(records)), tmp_path / "records"), records


def test_an_item_passes_fails_or_is_skipped(inner: Pytest, stored: tuple[Path, Path, list[made.Record]]):
    root, path, records = stored
    done = inner(root, "--perfsuite", f"--perfsuite-record={path}", "-rA", "--junitxml=junit.xml", code=1)
    for told in records:
        item = f"perf/losses.py::{told.cell}"
        if told.status == "ok":
            assert f"PASSED {item}" in done.stdout
        elif told.status in REFUSED:
            assert f"FAILED {item}" in done.stdout and f"\n{told.status}: {told.reason}\n" in done.stdout
            assert f"_ cell {told.cell} _" in done.stdout
        else:
            assert f"SKIPPED [1] perf/losses.py: {told.status}: {told.reason}" in done.stdout
    failed = sum(told.status in REFUSED for told in records)
    assert f"{failed} failed, 1 passed, {len(records) - 1 - failed} skipped" in done.stdout
    assert "= perfsuite =" in done.stdout and "speed-up" in done.stdout, "the ladder"
    properties = ElementTree.parse(root / "junit.xml").iter("property")
    assert [one.get("name") for one in properties] == ["seconds", "low", "high"]
    quiet = inner(root, "--perfsuite", f"--perfsuite-record={path}", "-q", "-k", "good")
    assert "speed-up" not in quiet.stdout and "1 passed" in quiet.stdout


def test_pytest_benchmark_replays_the_samples(inner: Pytest, stored: tuple[Path, Path, list[made.Record]]):
    root, path, records = stored
    (root / "conftest.py").write_text(FOR_MODULES)
    options = ("--perfsuite", f"--perfsuite-record={path}", "--perfsuite-benchmark", "--benchmark-json=stored.json")
    done = inner(root, *options, code=1)
    (benchmark,) = json.loads((root / "stored.json").read_text())["benchmarks"]
    (told,) = [record for record in records if record.status == "ok"]
    assert benchmark["stats"]["data"] == pytest.approx([one for launch in told.launches for one in launch.wall])
    assert (benchmark["name"], benchmark["fullname"]) == (told.cell, f"perf/losses.py::{told.cell}")
    assert benchmark["extra_info"]["machine_class"] == "xeon-8581c-2c" and benchmark["options"]["timer"] == "clock"
    failed = sum(told.status in REFUSED for told in records)
    assert f"{failed} failed, 1 passed, {len(records) - 1 - failed} skipped" in done.stdout


def test_a_record_of_another_project_is_refused(inner: Pytest, stored: tuple[Path, Path, list[made.Record]]):
    root, path, _ = stored
    (root / "perf" / "losses.py").unlink()
    refused(inner(root, "--perfsuite", f"--perfsuite-record={path}", code=4), "has no cell of a component: ")


# -- measuring --------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_selected_cells_are_measured_once(inner: Pytest, tmp_path: Path):
    root = own.repository(tmp_path, {"perf/work.py": WRONG})
    effort = ("--perfsuite-launches=1", "--perfsuite-budget=0.01")
    done = inner(root, "--perfsuite", *effort, "-k", "cpu and n200", code=1)
    path = store.latest(root / "results")
    found = store.read(path)
    names = ("work", "wrong")
    assert [record.cell for record in found.records] == [f"work.sums/{name}/eager/cpu/n200/1" for name in names]
    assert [record.status for record in found.records] == ["ok", "wrong"]
    assert found.selection == "quick"
    assert found.command.endswith(f" --perfsuite {' '.join(effort)} -k 'cpu and n200'")
    assert found.left_out == "6 cells; all of them: pytest --perfsuite --perfsuite-cells full"
    assert found.commit == own.git(root, "rev-parse", "HEAD")
    assert f"record  {path}" in done.stdout and "1 failed, 1 passed, 6 deselected" in done.stdout
    assert len(list(root.glob("results/*/*.jsonl.gz"))) == 1 and not list(root.glob("results/journal/*"))


@pytest.mark.long
def test_an_interrupted_run_is_kept(process: Callable[..., subprocess.Popen[str]], tmp_path: Path):
    root = own.repository(tmp_path)
    with process(root, "--perfsuite", "--perfsuite-budget=30") as one:
        while not any(path.read_bytes().count(b"\n") > 1 for path in root.glob("results/journal/*")):
            assert one.poll() is None, one.communicate()  # until there is a result
            time.sleep(0.05)
        one.send_signal(signal.SIGTERM)
        out, err = one.communicate(timeout=100)
    assert one.returncode == 130, out + err
    assert "interrupted: `perfsuite run --resume` goes on" in out
    assert store.read(store.latest(root / "results")).partial and list(root.glob("results/journal/*"))


# -- the fixture ------------------------------------------------------------------------------------------------------


def fused(x: object) -> object:
    return x


def naive(x: object) -> object:
    return x


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """Instead of the core: what it was asked, and whatever the last function's name says as its status."""
    asked: list[dict[str, object]] = []

    def compare(functions: dict[str, object], inputs: object, **options: object) -> Compared:
        asked.append({"functions": functions, "inputs": inputs, **options})
        if "unsendable" in functions:
            raise ValueError("it cannot be sent")
        one = Estimate(1.0, 0.9, 1.1, 0.75, 3)
        status = {"refused": "wrong", "busy": "unstable"}
        return Compared(tuple(Measured(name, status.get(name, "ok"), "why", one, one, ((1.0,),)) for name in functions))

    monkeypatch.setattr(api, "compare", compare)
    return asked


TIMING = timing.Timing(sys.modules[__name__])


def test_a_call_is_measured_as_asked(core: list[dict[str, object]]):
    found = TIMING(fused, 1, 2, reference=naive, launches=5, budget=0.3, executor="compile")
    assert (found.name, found.status) == ("fused", "ok")
    effort = {"launches": 5, "budget": 0.3, "executor": "compile"}
    assert core == [{"functions": {"fused": fused}, "inputs": (1, 2), "reference": naive, **effort}]
    assert TIMING(lambda: 1, name="mine").name == "mine" and TIMING(lambda: 1).name == "function"


def test_a_ratio_is_that_of_the_first_function_over_the_second(core: list[dict[str, object]]):
    TIMING.compare(fused, naive, 1)
    assert list(core[0]["functions"].items()) == [("naive", naive), ("fused", fused)]  # type: ignore[attr-defined]
    assert list(TIMING.compare(lambda: 1, lambda: 2)) == ["base", "function"]
    assert list(TIMING.compare(fused, fused)) == ["base", "fused"]


def test_what_has_no_time_fails_or_skips_the_test(core: list[dict[str, object]]):
    assert outcome("refused") == "Failed: refused: wrong: why"
    assert outcome("busy") == "Skipped: busy: unstable: why"
    assert outcome("unsendable") == "Failed: it cannot be sent"
    assert TIMING(fused, name="refused", check=False).status == "wrong"


def outcome(name: str) -> str:
    """How a test ends that times a function of this name."""
    with pytest.raises((pytest.fail.Exception, pytest.skip.Exception)) as found:
        TIMING(fused, name=name)
    return f"{found.typename}: {found.value}"


def test_the_fixture_is_refused_in_parallel(inner: Pytest, tmp_path: Path):
    (tmp_path / "test_speed.py").write_text("def test_it(perfsuite):\n    perfsuite(abs, 1)\n")
    done = inner(tmp_path, "-n", "1", code=1)
    assert "calls that are timed beside other tests are disturbed: run tests with the fixture perfsuite with -n 0" in (
        done.stdout
    )


SPEED = '''\
import torch

FACTOR = 3.0


def slow(x):
    for _ in range(50):
        total = x * FACTOR
    return total


def fast(x):
    """What it uses of this module, which no worker can import, comes along."""
    return x * FACTOR


def test_ratio(perfsuite):
    ratio = perfsuite.compare(fast, slow, torch.randn(50_000), launches=1, budget=0.02).ratio
    assert ratio.high < 1, ratio


def test_refused(perfsuite):
    perfsuite(lambda x: x.nothing, torch.randn(10), reference=fast, launches=1, budget=0.02)
'''


@pytest.mark.long
def test_a_real_call_is_timed(inner: Pytest, tmp_path: Path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_speed.py").write_text(SPEED)
    done = inner(tmp_path, "--import-mode=importlib", code=1)
    assert "1 failed, 1 passed" in done.stdout
    assert "E       Failed: function: error: " in done.stdout and "has no attribute 'nothing'" in done.stdout
