"""asv for real, in a repository of somebody's own: three commits of a package with a src layout."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from asv_results import Asv, results, table, times
from own import FILES, commit, perfsuite, repository

from perfsuite.records import store

CORE, HELPER = "src/mylib/core.py", "src/mylib/deep/helper.py"
BENCHMARK = "cells.work_sums.time_n200"
WORK, OTHER = (f"work.sums/{name}/eager/cpu/n200/1" for name in ("work", "other"))


@pytest.mark.slow
@pytest.mark.long
def test_commits_of_ones_own_package_are_measured_by_todays_engine(tmp_path: Path, asv: Asv):
    built = f"{FILES['pyproject.toml']}\n[tool.setuptools.package-data]\nmylib = ['data/*']\n"
    root = repository(tmp_path / "mine", {"pyproject.toml": built, CORE: FILES[CORE].split("\n\ndef other")[0]})
    first = commit(root, "a name that no component has", {"src/mylib/new.py": ""})
    second = commit(root, "a variant more", {CORE: FILES[CORE]})
    slow = commit(root, "a slow helper", {HELPER: FILES[HELPER].replace("TIMES = 20", "TIMES = 400")})
    perfsuite(root, "asv")
    asv(root, "machine", "--yes")
    wish = {"BENCHMARKS_CELLS": "cpu", "BENCHMARKS_LAUNCHES": "1", "BENCHMARKS_BUDGET": "0.02"}

    # The slow helper is in the working tree, and no component names it.
    told = asv(root, "continuous", second, slow, code=1, **wish).stdout
    assert "PERFORMANCE DECREASED" in told
    assert {cell: float(columns[4]) > 5 for cell, columns in table(told).items()} == {WORK: True, OTHER: True}

    # A commit without a variant that a component of today names as an attribute of its module has the others.
    told = asv(root, "run", "--show-stderr", f"{first}^!", **wish).stdout
    assert f"{OTHER}: skipped: needs mylib.core:other, which this tree does not have" in told
    found = {hash: times(results(root, hash)[BENCHMARK]) for hash in (first, second, slow)}
    assert math.isnan(found[first][OTHER] or 0) and found[first][WORK]
    assert found[first][WORK] < found[slow][WORK] / 5

    runs = {run.commit: run for run in map(store.read, root.glob(".asv/records/*/*.gz"))}
    assert set(runs) == {first, second, slow} and len({run.tree for run in runs.values()}) == 3

    asv(root, "publish")
    assert (root / ".asv/html/index.html").is_file()
    (graph,) = (path for path in root.glob(f".asv/html/graphs/**/{BENCHMARK}.json") if "summary" not in path.parts)
    shown = [[value is not None for value in values] for _, values in json.loads(graph.read_text())]
    assert shown == [[True, False], [True, True], [True, True]]
