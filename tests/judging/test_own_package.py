"""Commits of somebody's own package: what changed is found wherever it stands, and nothing is SAME by mistake."""

from __future__ import annotations

import json
from pathlib import Path

import own
import pytest

from perfsuite.judging.record import DECIDED
from perfsuite.project import environments

HELPER = own.FILES["src/mylib/deep/helper.py"]
SLOW = {"src/mylib/deep/helper.py": HELPER.replace("TIMES = 20", "TIMES = 400")}
TENTH = {"src/mylib/deep/helper.py": HELPER.replace("TIMES = 20", "TIMES = 22")}
NOTHING = {"src/mylib/deep/helper.py": f'"""Sums."""\n\n# A remark.\n{HELPER}'}
RENAMED = {"src/mylib/deep/helper.py": HELPER.replace("total", "result")}
BY_STRING = """\
import importlib


def work(x):
    return importlib.import_module("mylib.deep.helper").summed(x)
"""
STRING = {
    "src/mylib/text.py": BY_STRING,
    "perf/work.py": own.FILES["perf/work.py"].replace("[core.work, core.other]", '["mylib.text:work"]'),
}


def compare(root: Path, *arguments: str, check: int | None, paths: str = "") -> dict:
    done = own.perfsuite(root, "compare", *arguments, "--json", "--longest", "10", check=check, paths=paths)
    found: dict = json.loads(done.stdout)
    found["told"] = done.stderr
    return found


def decided(root: Path, *arguments: str) -> dict:
    """The comparison; again, up to twice, where a busy machine leaves a cell undecided or untrusted."""
    for _ in range(3):
        found = compare(root, *arguments, check=None)
        if all(verdict in DECIDED for verdict in verdicts(found).values()):
            break
    return found


def verdicts(found: dict) -> dict[str, str]:
    return {row["cell"].split("/")[1]: row["verdict"] for row in found["rows"]}


def test_a_slowdown_in_a_helper_that_no_component_names_is_found(tmp_path: Path):
    root = own.repository(tmp_path / "repo")
    own.commit(root, "slow", SLOW)
    found = compare(root, "HEAD~1", "HEAD", "--only", "sums and cpu", check=1)
    assert verdicts(found) == {"work": "SLOWER", "other": "SLOWER"}
    assert all(row["ratio"] > 5 for row in found["rows"])


def test_without_a_change_of_the_code_nothing_is_timed(tmp_path: Path):
    root = own.repository(tmp_path / "repo")
    own.commit(root, "remark", NOTHING)
    found = compare(root, "HEAD~1", "HEAD", check=0)
    assert set(verdicts(found).values()) == {"SAME"} and all(not row["epochs"] for row in found["rows"])


@pytest.mark.long
def test_ten_percent_are_found_and_another_name_is_the_same(tmp_path: Path):
    root = own.repository(tmp_path / "repo")
    own.commit(root, "renamed", RENAMED)
    found = decided(root, "HEAD~1", "HEAD", "--only", "sums and cpu")
    assert verdicts(found) == {"work": "SAME", "other": "SAME"} and all(row["epochs"] for row in found["rows"])
    own.commit(root, "a tenth", TENTH)
    found = decided(root, "HEAD~1", "HEAD", "--only", "sums and cpu", "--budget", "120")
    assert verdicts(found) == {"work": "SLOWER", "other": "SLOWER"}
    assert all(1.02 < row["ratio"] < 1.2 for row in found["rows"])


@pytest.mark.long
def test_an_import_by_a_string_is_found_out_and_measured_in_a_process_of_each(tmp_path: Path):
    root = own.repository(tmp_path / "repo", STRING)
    own.commit(root, "slow", SLOW)
    found = compare(root, "HEAD~1", "HEAD", "--only", "sums and cpu", "--budget", "150", check=1)
    assert verdicts(found) == {"work": "SLOWER"}
    assert "imports 'mylib' by that name" in found["apart"]
    assert "each side in a process of its own: " in found["told"]


@pytest.mark.long
def test_data_that_are_read_by_the_name_of_the_package_are_found_out(tmp_path: Path):
    reading = own.FILES["src/mylib/_scale.py"].replace(
        'FACTOR = float((Path(__file__).parent / "data" / "factor.txt").read_text())',
        'FACTOR = float(importlib.resources.files("mylib").joinpath("data/factor.txt").read_text())',
    )
    root = own.repository(tmp_path / "repo", {"src/mylib/_scale.py": "import importlib.resources\n" + reading})
    own.commit(root, "slow", SLOW)
    found = compare(root, "HEAD~1", "HEAD", "--only", "sums and cpu", "--budget", "150", check=1)
    assert verdicts(found) == {"work": "SLOWER", "other": "SLOWER"} and "'mylib' by that name" in found["apart"]


@pytest.mark.long
def test_an_operator_of_one_name_on_both_sides_is_measured_in_a_process_of_each(tmp_path: Path):
    operator = """\
import torch
from mylib.deep import helper


@torch.library.custom_op("mylib::summed", mutates_args=())
def summed(x: torch.Tensor) -> torch.Tensor:
    return helper.summed(x)


def work(x):
    return summed(x)
"""
    root = own.repository(tmp_path / "repo", {**STRING, "src/mylib/text.py": operator})
    own.commit(root, "slow", SLOW)
    found = compare(root, "HEAD~1", "HEAD", "--only", "sums and cpu", "--budget", "150", check=1)
    assert verdicts(found) == {"work": "SLOWER"} and "register the operator 'mylib::summed'" in found["apart"]


@pytest.mark.long
def test_compiled_code_is_built_for_each_side(tmp_path: Path):
    """What was built of the first commit is committed with the second, and is not taken for a build of it."""
    code = """\
#include <Python.h>
static PyObject *times(PyObject *self, PyObject *args) { return PyLong_FromLong(TIMES); }
static PyMethodDef methods[] = {{"times", times, METH_NOARGS, 0}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", 0, -1, methods};
PyMODINIT_FUNC PyInit__native(void) { return PyModule_Create(&module); }
"""
    building = """\
from setuptools import Extension, setup

setup(package_dir={"": "src"}, packages=["mylib", "mylib.deep"], package_data={"mylib": ["data/*"]},
      ext_modules=[Extension("mylib._native", ["src/mylib/_native.c"])])
"""
    project = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    native = {
        "pyproject.toml": project + own.FILES["pyproject.toml"],
        "setup.py": building,
        "src/mylib/_native.c": code.replace("TIMES", "20"),
        "src/mylib/deep/helper.py": HELPER.replace("TIMES = 20", "from mylib import _native\n").replace(
            "range(TIMES)", "range(_native.times())"
        ),
        "src/mylib/__init__.py": "",
    }
    root = own.repository(tmp_path / "repo", native)
    environments.uv("pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path / "site"), str(root))
    own.commit(root, "slow", {"src/mylib/_native.c": code.replace("TIMES", "400")})
    found = compare(
        root, "HEAD~1", "HEAD", "--only", "sums and cpu", "--budget", "150", check=1, paths=str(tmp_path / "site")
    )
    assert "compiled code" in found["apart"], found
    assert verdicts(found) == {"work": "SLOWER", "other": "SLOWER"}, found


@pytest.mark.long
def test_what_torch_compile_knows_by_name_is_compiled_under_that_name(tmp_path: Path):
    """It takes einops's functions in a way of their own, if the package is called so."""
    component = own.FILES["perf/work.py"].replace("mylib", "einops").replace("cases=", "executors=['compile'], cases=")
    files = {
        "pyproject.toml": own.FILES["pyproject.toml"].replace("mylib", "einops"),
        "src/einops/__init__.py": '__version__ = "0.8.2"\n',
        "src/einops/core.py": "def work(x):\n    return x.sum(0)\n\n\ndef other(x):\n    return x.sum(0)\n",
        "perf/work.py": component,
    }
    root = own.repository(tmp_path / "repo", files)
    own.commit(root, "renamed", {"src/einops/core.py": files["src/einops/core.py"].replace("x", "y")})
    found = compare(root, "HEAD~1", "HEAD", "--only", "work and not other and cpu", "--epochs", "1", check=0)
    assert verdicts(found) == {"work": "UNDECIDED"} and found["rows"][0]["epochs"] == 1
    assert found["apart"] == "torch.compile knows 'einops' by that name"


@pytest.mark.long
def test_bisect_names_the_commit_and_passes_over_those_that_change_something_else(tmp_path: Path):
    root = own.repository(tmp_path / "repo")
    own.commit(root, "renamed", RENAMED)
    own.commit(root, "elsewhere", {"README.md": "A library.\n"})
    slow = own.commit(root, "slow", {"src/mylib/deep/helper.py": SLOW["src/mylib/deep/helper.py"]})
    own.commit(root, "more", {"src/mylib/other.py": "X = 1\n"})
    done = own.perfsuite(
        root / "perf", "bisect", "HEAD~4", "HEAD", "work.sums/work/eager/cpu/n200/1", check=None, seconds=550
    )
    assert f"first slow commit: {slow[:7]} slow" in done.stdout, (done.returncode, done.stdout, done.stderr)
    assert "3 commits that change src/mylib" in done.stderr


@pytest.mark.long
def test_commits_that_require_different_packages_get_an_environment_each(tmp_path: Path):
    table = own.FILES["pyproject.toml"]
    needs = 'version = "0.1"\ndependencies = ["torch", "einops=={}"]\n'
    project = {version: table.replace('version = "0.1"\n', needs.format(version)) for version in ("0.8.0", "0.8.1")}
    root = own.repository(tmp_path / "repo", {"pyproject.toml": project["0.8.0"]})
    own.commit(root, "slow", {**SLOW, "pyproject.toml": project["0.8.1"]})
    found = compare(root, "HEAD~1", "HEAD", "--only", "work/eager and cpu", "--budget", "150", check=1)
    assert verdicts(found) == {"work": "SLOWER"}
    assert found["base"]["packages"] == ["einops==0.8.0"] and found["head"]["packages"] == ["einops==0.8.1"]
