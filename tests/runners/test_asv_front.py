"""asv: it finds the cells and nothing else, stores our samples, and tracks a variant that comes, goes, slows down."""

from __future__ import annotations

import dataclasses
import importlib
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import made
import pytest
from asv_results import Asv, results, table, times

from benchmarks import asv_cells
from perfsuite.host import signals
from perfsuite.model.cell import Cell
from perfsuite.model.component import Component
from perfsuite.model.record import REFUSED, STATUSES, Launch, Record
from perfsuite.project import catalogue, selecting
from perfsuite.records import store
from perfsuite.runners import asv_front, measured

ROOT = Path(__file__).resolve().parents[2]

IMPLS = {
    "loop": '''
def loop(a, b):
    """A product for each row."""
    return torch.stack([row @ b for row in a])
''',
    "rows": '''
def rows(a, b):
    """A broadcast product for each row."""
    return torch.stack([(row.unsqueeze(1) * b).sum(0) for row in a])
''',
    "mm": '''
def mm(a, b):
    """One product."""
    return a @ b
''',
    "slow mm": '''
def mm(a, b):
    """The same product twenty times."""
    for _ in range(20):
        c = a @ b
    return c
''',
}
COMPONENT = '''
"""A product of two small matrices."""

from perfsuite.model.component import Case, Component


def inputs(case, generator):
    """Normal numbers."""
    import torch

    return torch.randn(8, 64, generator=generator), torch.randn(64, 8, generator=generator)


COMPONENT = Component(
    name="tiny.product",
    title="Product",
    question="Is it fast?",
    rows=(),
    cases=(Case("8x64x8", {"m": 8}),),
    inputs=inputs,
    reference=lambda case, a, b: a.double() @ b.double(),
    tolerance=lambda case, expected, a, b: 1e-4 + 0 * expected,
    flops=lambda case: 8192,
    bytes=lambda case: 4352,
    baseline="loop",
    devices=("cpu",),
)
'''
BENCHMARK = "asv_cells.tiny_product.time_8x64x8"


def cell(variant: str) -> str:
    return f"tiny.product/{variant}/eager/cpu/8x64x8/1"


@pytest.fixture
def tiny(project: Path) -> Path:
    """The project with a single component, in a repository of its own."""
    for family in [*(project / "impls").glob("[!_]*/"), *(project / "benchmarks/components").glob("[!_]*/")]:
        shutil.rmtree(family)
    shutil.copy(ROOT / ".gitignore", project)
    for room, text in (("impls", ""), ("benchmarks/components", COMPONENT)):
        (project / room / "tiny").mkdir()
        (project / room / "tiny/__init__.py").touch()
        (project / room / "tiny/product.py").write_text(text)
    git(project, "init", "-q", "-b", "trunk")
    git(project, "config", "user.name", "A Person")
    git(project, "config", "user.email", "person@example.org")
    return project


def git(project: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True, check=True).stdout.strip()


def write_variants(project: Path, *names: str) -> None:
    text = '"""Ways to multiply."""\n\nimport torch\n' + "".join("\n" + IMPLS[name] for name in names)
    (project / "impls/tiny/product.py").write_text(text)


def commit(project: Path, message: str, *names: str) -> str:
    write_variants(project, *names)
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", message)
    return git(project, "rev-parse", "HEAD")


# -- what asv finds ---------------------------------------------------------------------------------------------------


def discovered(project: Path, tmp_path: Path) -> list[dict[str, Any]]:
    """What asv's own discovery finds, in a process that has neither torch nor what only the other front end needs."""
    code = """
import sys
away = ("torch", "torchvision", "numba", "pytest", "pandas", "matplotlib", "jinja2", "msgspec")
sys.modules.update(dict.fromkeys(away))
from asv_runner.discovery import _discover
sys.argv = ["benchmark.py", "discover", *sys.argv[1:]]
_discover(sys.argv[2:])
"""
    out = tmp_path / "found.json"
    command = [sys.executable, "-c", code, str(project / "benchmarks"), str(out)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text())


def test_asv_finds_the_quick_set_and_nothing_else(tmp_path: Path):
    found = discovered(ROOT, tmp_path)
    assert {benchmark["name"].split(".")[0] for benchmark in found} == {"asv_cells"}
    labels = [label for benchmark in found for label in benchmark["params"][0]]
    assert sorted(labels) == sorted(repr(str(cell)) for cell in selecting.quick(catalogue.all_cells()))
    for benchmark in found:
        assert (benchmark["type"], benchmark["unit"], benchmark["param_names"]) == ("time", "seconds", ["cell"])
        cells = {Cell.parse(label.strip("'")) for label in benchmark["params"][0]}
        assert len({(cell.component, cell.case) for cell in cells}) == 1, "a benchmark is a case"
    keys = {benchmark["name"].split(".")[1]: benchmark["setup_cache_key"] for benchmark in found}
    assert len({*keys.values()}) == len(keys) > 1, "a component is measured once, and by itself"


def test_a_stray_name_would_be_found(project: Path, tmp_path: Path):
    (project / "benchmarks/stray.py").write_text("def time_it():\n    pass\n")
    assert "stray.time_it" in {benchmark["name"] for benchmark in discovered(project, tmp_path)}


def test_a_parameter_loads_its_own_component_only():
    code = """
import sys
sys.argv = ["benchmark.py", "run"]
from benchmarks import asv_cells
assert asv_cells.matmul_ladder.time_5x784x10.params
print(*(name for name in sys.modules if name.startswith("benchmarks.components.") and name.count(".") == 3))
print(*({name.split(".")[0] for name in sys.modules} & {"torch", "numpy", "psutil"}))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    components, heavy = done.stdout.splitlines()
    assert [name for name in components.split() if "._" not in name] == ["benchmarks.components.matmul.ladder"]
    assert heavy == ""


# -- what a parameter's process does ----------------------------------------------------------------------------------


def test_samples_are_loaded_once_and_handed_out_in_order():
    cells = asv_front.Cells()
    cache = {cell("mm"): ("ok", "", [2.0, 1.0, 3.0])}
    cells.setup(cache, cell("mm"))
    assert cells.repeat == 3
    readings = []
    for _ in range(3):
        cells.setup(cache, cell("mm"))  # as asv does before every sample
        readings.append(-cells.timer() + cells.timer())
    assert readings == [2.0, 1.0, 3.0]


@pytest.mark.parametrize(
    ("status", "error"),
    [(status, RuntimeError if status in REFUSED else NotImplementedError) for status in STATUSES[1:]],
)
def test_a_cell_without_a_time_is_not_applicable_or_failed(status: str, error: type[Exception]):
    with pytest.raises(RuntimeError, match=f"{cell('mm')}: {status}: the reason") as caught:
        asv_front.Cells().setup({cell("mm"): (status, "the reason", [87.0])}, cell("mm"))
    assert caught.type is error


def test_a_cell_that_was_not_measured_is_not_applicable():
    with pytest.raises(NotImplementedError, match="not in the replayed run"):
        asv_front.Cells().setup({}, cell("mm"))


# -- what setup_cache does --------------------------------------------------------------------------------------------


def test_the_tree_is_the_one_that_asv_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("ASV_ENV_DIR", raising=False)
    assert asv_front.installed() == catalogue.IMPLS, "asv installs nothing into an existing environment"
    monkeypatch.setenv("ASV_ENV_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "path", [str(ROOT), str(tmp_path / "site-packages")])
    (tmp_path / "site-packages").mkdir()
    with pytest.raises(RuntimeError, match="this commit has no impls: asv installed none"):
        asv_front.installed()  # the checkout is on the path here: its code would get an old commit's label
    (tmp_path / "site-packages/impls").mkdir()
    (tmp_path / "site-packages/impls/__init__.py").touch()
    importlib.invalidate_caches()
    assert asv_front.installed() == tmp_path / "site-packages/impls"


def test_measuring_that_takes_too_long_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch):
    found = asv_cells.matmul_ladder
    first, second, third, *_ = (name for function in asv_front.cases(found) for name in function.params)
    launch = Launch(0, 1, 0.0, 0.0, (0.0,), (0.5,))
    records = (Record(first, "ok", launches=(launch,)), Record(second, "skipped", "not timed: the run was interrupted"))
    monkeypatch.setattr(measured, "measure", lambda *_, **__: (made.run((), records, partial=True), Path()))
    monkeypatch.delenv("ASV_ENV_DIR", raising=False)
    cache = found().setup_cache()
    assert cache[first] == ("ok", "", [0.5])
    assert {cache[second][0], cache[third][0]} == {"timeout"}


def test_the_deadline_is_as_ctrl_c_and_ends_with_the_measuring():
    with pytest.raises(KeyboardInterrupt), asv_front.interrupted_after(0.05):
        time.sleep(60)
    with asv_front.interrupted_after(0.05):
        pass
    time.sleep(0.1)


def test_the_deadline_waits_until_a_finding_is_written():
    done = []
    with pytest.raises(KeyboardInterrupt), asv_front.interrupted_after(0.05), signals.held():
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            pass
        done.append("whole")
    assert done == ["whole"]


def test_asv_waits_longer_than_the_deadline():
    found = asv_cells.matmul_ladder
    cells = [name for function in asv_front.cases(found) for name in function.params]
    assert found.setup_cache.timeout > asv_front.LEAST + asv_front.EACH * len(cells)


def test_a_stored_run_of_another_tree_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("BENCHMARKS_RECORD", str(store.write(made.small(), tmp_path)))
    monkeypatch.delenv("ASV_ENV_DIR", raising=False)
    with pytest.raises(RuntimeError, match="was measured on a different tree"):
        asv_cells.matmul_ladder().setup_cache()


def test_the_version_changes_with_what_is_measured():
    component = catalogue.component("matmul.ladder")
    case, other = component.cases[:2]
    version = asv_front.version(component, case)

    def changed(component: Component = component, **changes: Any) -> bool:
        return asv_front.version(component, dataclasses.replace(case, **changes)) != version

    assert changed(dataclasses.replace(component, version="2"))
    assert changed(dataclasses.replace(component, inputs=component.reference))
    assert changed(shape={**case.shape, "m": 6})
    assert changed(dtype="float64")
    assert not changed(dataclasses.replace(component, cases=(other,), question="Is it?", devices=("cpu",)))
    assert not changed(only=("mm",), threads=("all",))


# -- the configuration ------------------------------------------------------------------------------------------------


def test_asv_installs_what_the_workers_need():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    wanted = json.loads((ROOT / "asv.conf.json").read_text())["matrix"]["req"]
    needed = [name for group in ("measure", "read", "kernels", "files", "hf") for name in groups[group]]
    assert [*wanted] == [name.split(">")[0] for name in needed]
    assert {version for versions in wanted.values() for version in versions} == {""}, "a version would be in the name"


# -- asv for real -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_three_files_hold_the_same_samples(tiny: Path, asv: Asv, tmp_path: Path):
    """pytest-benchmark, asv and we: one run, replayed by both."""
    commit(tiny, "one", "loop", "mm")
    draw = random.Random(5)
    records = tuple(Record(cell(name), "ok", "", launches=made.launches(2e-5, draw)) for name in ("mm", "loop"))
    problem = dataclasses.replace(made.ladder_problem(), name="tiny.product")
    run = made.run((problem,), records, tree=catalogue.tree_hash(tiny / "impls"))
    path = store.write(run, tmp_path)

    hash = git(tiny, "rev-parse", "HEAD")
    asv(tiny, "machine", "--yes")
    replay = {"BENCHMARKS_RECORD": str(path), "BENCHMARKS_CELLS": "full"}
    asv(tiny, "run", "-E", "existing", "--set-commit-hash", hash, "--record-samples", **replay)
    result = results(tiny, hash)[BENCHMARK]
    labels = [label.strip("'") for label in result["params"][0]]
    by_asv = dict(zip(labels, result["samples"], strict=True))
    assert labels == [cell("loop"), cell("mm")]

    stored = tmp_path / "stored.json"
    command = [sys.executable, "-m", "pytest", "benchmarks/suite", f"--record={path}", f"--benchmark-json={stored}"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=tiny, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    by_pytest = {item["param"]: item["stats"]["data"] for item in json.loads(stored.read_text())["benchmarks"]}

    assert by_asv.keys() == by_pytest.keys() == {told.cell for told in records}
    for told in store.read(path).records:
        samples = [second for launch in told.launches for second in launch.wall]
        assert len(samples) == made.LAUNCHES * made.SAMPLES
        assert by_pytest[told.cell] == pytest.approx(samples, rel=1e-9)
        assert by_asv[told.cell] == pytest.approx(samples, rel=1e-9)


@pytest.mark.slow
@pytest.mark.long
def test_a_variant_that_is_added_removed_and_slowed(tiny: Path, asv: Asv, capsys: pytest.CaptureFixture[str]):
    """Wheels of three commits, one environment made by uv, and the commands of asv that people use."""
    trees: dict[str, str] = {}

    def committed(message: str, *names: str) -> str:
        hash = commit(tiny, message, *names)
        trees[hash] = catalogue.tree_hash(tiny / "impls")
        return hash

    commit(tiny, "base", "loop", "mm")
    added = committed("rows is added", "loop", "rows", "mm")
    removed = committed("rows is removed", "loop", "mm")
    slowed = committed("mm is slowed", "loop", "slow mm")
    wish = {"BENCHMARKS_CELLS": "full", "BENCHMARKS_LAUNCHES": "1", "BENCHMARKS_BUDGET": "0.02"}
    asv(tiny, "machine", "--yes")

    # Two commits side by side: what is slower is found. (asv may call the unchanged one slower, too: that is noise.)
    told = asv(tiny, "continuous", removed, slowed, code=1, **wish).stdout
    assert float(table(told)[cell("mm")][4]) > 3, "twenty times slower"
    assert "PERFORMANCE DECREASED" in told

    # Meanwhile rows is in the working tree, before mm: an old commit keeps its labels, and what it lacks is n/a.
    write_variants(tiny, "loop", "rows", "mm")
    before = times(results(tiny, removed)[BENCHMARK])
    told = asv(tiny, "run", "--record-samples", "--show-stderr", f"{added}^..{removed}", **wish).stdout
    assert f"{cell('rows')}: skipped: needs tiny.product.rows, which this tree does not have" in told
    after = times(results(tiny, removed)[BENCHMARK])
    assert list(before) == [cell("loop"), cell("mm")]
    assert list(after) == [cell("loop"), cell("rows"), cell("mm")]
    assert math.isnan(after[cell("rows")])
    assert all(found[cell("mm")] < found[cell("loop")] for found in (before, after)), "ten times faster"
    assert all(times(results(tiny, added)[BENCHMARK]).values()), "the commit that has all three"

    told = asv(tiny, "compare", added, slowed).stdout
    assert table(told)[cell("mm")][1].strip() == "+"
    assert table(told)[cell("rows")][3].strip() == "n/a"

    asv(tiny, "publish")
    graphs = (tiny / ".asv/html/graphs").glob(f"**/{BENCHMARK}.json")  # a folder for each package comes between
    (graph,) = (path for path in graphs if "summary" not in path.parts)
    shown = [[value is not None for value in values] for _, values in json.loads(graph.read_text())]
    assert shown == [[True, True, True], [True, False, True], [True, False, True]]

    # Our records: the tree that was measured is the commit's, whatever is checked out; the samples are the same.
    runs = [store.read(path) for path in sorted(tiny.glob(".asv/records/*/*.gz"))]
    assert {run.commit: run.tree for run in runs} == trees
    assert len({*trees.values()}) == 3
    for run in runs[-2:]:
        result = results(tiny, run.commit)[BENCHMARK]
        by_asv = dict(zip((label.strip("'") for label in result["params"][0]), result["samples"], strict=True))
        for found in run.records:
            samples = [second for launch in found.launches for second in launch.wall]
            assert samples or found.key.variant == "rows"
            assert (by_asv[found.cell] or []) == pytest.approx(samples, rel=1e-9)

    # What a parameter costs beyond the measuring: less than importing torch would.
    (python,) = tiny.glob(".asv/env/*/bin/python")
    spent = [results(tiny, hash)[BENCHMARK]["duration"] / len(times(results(tiny, hash)[BENCHMARK])) for hash in trees]
    began = time.perf_counter()
    subprocess.run([python, "-c", "import torch"], check=True)
    torch = time.perf_counter() - began
    with capsys.disabled():
        print(f"\na parameter costs {statistics.median(spent):.2f} s beyond the measuring; import torch {torch:.1f} s")
    assert min(spent) < torch
