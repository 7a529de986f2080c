"""`perfsuite asv` in a repository of somebody's own: what it writes, and what asv finds by that."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from asv import util
from own import ENGINE, FILES, git, perfsuite, repository

from perfsuite.model.component import Case
from perfsuite.project import packages
from perfsuite.project.settings import Project
from perfsuite.runners import asv_front, asv_plugin
from perfsuite.scaffolding import asv_files

WRITTEN = ("asv.conf.json", "perf/_asv/__init__.py", "perf/_asv/cells.py", ".asv/.gitignore")
TWO = '''\
from perfsuite import component


@component(variants=["mylib.core:work"], cases={"n2": {"n": 2}, "n3": {"n": 3}})
def one(case, generator):
    """Is it fast?"""
    return case.n


@component(variants=["mylib.core:other", "mylib.core:work"], executors=["eager", "compile"])
def two(case, generator):
    return 2
'''


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository after `perfsuite asv`."""
    sums = FILES["perf/work.py"].replace("import torch\n", "")  # asv lists it faster
    root = repository(tmp_path_factory.mktemp("own") / "mine", {"perf/two.py": TWO, "perf/work.py": sums})
    perfsuite(root, "asv")
    return root


# -- what is written --------------------------------------------------------------------------------------------------


def test_what_it_writes_holds_nothing_of_this_machine(written: Path):
    texts = {name: (written / name).read_text() for name in WRITTEN}
    for text in texts.values():
        assert str(written) not in text and str(ENGINE) not in text and str(Path.home()) not in text
    said = json.loads(texts["asv.conf.json"])
    assert (said["project"], said["repo"], said["branches"]) == ("mylib", ".", ["main"])
    assert said["matrix"] == {"req": {name: [""] for name in ("torch", *asv_files.ENGINE)}}
    assert "repo_subdir" not in said
    assert git(written, "status", "--porcelain").splitlines() == ["?? asv.conf.json", "?? perf/_asv/"]


def test_it_overwrites_nothing_and_tells_the_next_commands(written: Path):
    (written / "asv.conf.json").write_text((written / "asv.conf.json").read_text().replace("mylib", "renamed"))
    before = {name: (written / name).read_text() for name in WRITTEN}
    told = perfsuite(written, "asv").stdout
    assert {name: (written / name).read_text() for name in WRITTEN} == before
    assert told.splitlines()[:3] == [f"kept {name}: it exists" for name in WRITTEN[:3]]
    for words in ("asv machine --yes", "asv run HEAD^!", "asv continuous main HEAD", "asv publish"):
        assert f"  {words}" in told
    assert "edit" not in told


def test_another_configuration_is_kept_and_told_what_it_lacks(tmp_path: Path):
    root = repository(tmp_path / "mine", {"asv.conf.jsonc": "{}\n", ".gitignore": ".asv/\n"})
    told = perfsuite(root, "asv").stdout.splitlines()
    assert told[0] == "kept asv.conf.jsonc: it exists" and not (root / "asv.conf.json").exists()
    assert f'edit asv.conf.jsonc: it needs "plugins": ["{asv_files.PLUGIN}"] and "benchmark_dir": "perf/_asv"' in told
    assert not (root / ".asv").exists(), "git ignores it already"


def test_a_project_in_a_folder_of_its_repository(tmp_path: Path):
    root = tmp_path / "mine"
    repository(root, {f"part/{name}": text for name, text in FILES.items()})
    git(root, "checkout", "-q", "-b", "feature")
    told = perfsuite(root / "part", "asv").stdout.splitlines()
    assert told[:4] == [f"wrote {name}" for name in WRITTEN]
    said = json.loads((root / "part/asv.conf.json").read_text())
    assert (said["repo"], said["repo_subdir"], said["branches"]) == ("..", "part", ["main"])


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("perf/work.py", "", "perf declares no component: `perfsuite init MODULE:FUNCTION` writes a first"),
        (
            "pyproject.toml",
            '[tool.perfsuite]\npackage = ["src/mylib", "einops"]\n',
            "asv builds a package of this repository, and einops is not in it: package in [tool.perfsuite] of",
        ),
        ("pyproject.toml", '[tool.perfsuite]\npackage = "src/mylib"\n', "pyproject.toml has no [project]: add it"),
        (".git", "", "is in no git repository, and asv measures commits: `git init`, and commit"),
    ],
)
def test_what_asv_could_not_measure_is_told_in_one_line(tmp_path: Path, name: str, text: str, says: str):
    root = repository(tmp_path / "mine")
    if name == ".git":
        shutil.rmtree(root / name)
    else:
        (root / name).write_text(text)
    done = perfsuite(root, "asv", check=2)
    (line,) = done.stderr.splitlines()
    assert says in line and line.startswith("perfsuite: ")
    assert not (root / "asv.conf.json").exists()


def test_what_the_project_requires_is_installed_as_declared():
    lines = ["torch>=2.6,<3", "Num_py", "einops [extra] == 0.8 ; python_version > '3'", "thing @ https://example.org/a"]
    assert asv_files.requirements(lines) == {
        "torch": ">=2.6,<3",
        "num-py": "",
        "einops": "[extra] == 0.8 ; python_version > '3'",
        "thing": "@ https://example.org/a",
    }


# -- what asv finds ---------------------------------------------------------------------------------------------------


def asv_process(root: Path, where: Path, words: list[str], code: str) -> str:
    """The output of ``code`` in a process of asv's environment: no engine there, and none in the current folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PERFSUITE", "PYTHON"))}
    environment["PERFSUITE_ENGINE"] = str(ENGINE / "perfsuite")
    code = f"import sys\nsys.argv = ['benchmark.py', *{words!r}]\nROOT = {str(root / 'perf/_asv')!r}\n{code}"
    done = subprocess.run([sys.executable, "-c", code], cwd=where, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_asv_finds_todays_components(written: Path, tmp_path: Path):
    words = ["discover", str(written / "perf/_asv"), str(tmp_path / "found.json")]
    asv_process(written, tmp_path, words, "from asv_runner.discovery import _discover; _discover(sys.argv[2:])")
    found = {one["name"]: one for one in json.loads((tmp_path / "found.json").read_text())}
    names = ["two_one.time_n2", "two_one.time_n3", "two_two.time_default", "work_sums.time_n200"]
    assert sorted(found) == [f"cells.{name}" for name in names]
    assert "'two.two/work/compile/cpu/default/1'" in found["cells.two_two.time_default"]["params"][0]
    keys = {name.split(".")[1]: one["setup_cache_key"] for name, one in found.items()}
    assert len({*keys.values()}) == len(keys) == 3, "each component is measured by itself, also two of one file"


def test_a_parameter_imports_neither_torch_nor_the_component(written: Path, tmp_path: Path):
    cells = [f"work.sums/{name}/eager/cpu/n200/1" for name in ("work", "other")]
    (tmp_path / "cache.pickle").write_bytes(pickle.dumps({cell: ("ok", "", [0.5, 0.25]) for cell in cells}))
    code = """
from asv_runner.discovery import get_benchmark_from_name
found = get_benchmark_from_name(ROOT, "cells.work_sums.time_n200-1")
found.set_cache(__import__("pickle").load(open("cache.pickle", "rb")))
assert found.setup_cache_key and not found.do_setup()
print(found._current_params, found.do_run()["samples"])
print(*sorted({name.split(".")[0] for name in sys.modules} & {"torch", "mylib", "perf", "psutil", "msgspec"}))
"""
    told, heavy = asv_process(written, tmp_path, ["run"], code).split("\n")[:2]
    assert told == f"({cells[1]!r},) [0.5, 0.25]"
    assert heavy == ""


def test_two_components_of_one_name_in_asv_are_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(asv_front, "declarations", lambda: {"a.b_c": None, "a_b.c": None})
    with pytest.raises(ValueError, match=r"components 'a\.b_c' and 'a_b\.c' one name: rename one"):
        asv_front._names()
    cells = [asv_front.Cell.parse(f"a.b/v/eager/cpu/{case}/1") for case in ("n-2", "n.2")]
    with pytest.raises(ValueError, match=r"two cases of a\.b the name 'time_n_2', one is 'n\.2': rename it"):
        asv_front._functions("a.b", cells, {})


# -- when older results are dropped -----------------------------------------------------------------------------------

DECORATED = '''\
from perfsuite import component


@component(variants=["m:a"])
def made(case, generator):
    """Is it fast?"""
    return 2
'''


def test_the_version_of_a_decorated_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path)

    def version(name: str, before: str = "", after: str = "", **shape: Any) -> str:
        (tmp_path / f"{name}.py").write_text(DECORATED.replace(before, after) if before else DECORATED)
        return asv_front.version(__import__(name).made, Case("n", shape, dtype=""))

    first = version("first")
    assert version("added", '["m:a"]', '["m:a", "m:b"]') == first, "a variant more"
    assert version("asked", "Is it fast?", "Is it slow?") == first
    assert version("cased", '["m:a"]', '["m:a"], cases={"n": {"n": 1}}') == first
    assert version("other", "return 2", "return 3") != first
    modes = [version(name, '["m:a"]', f'["m:a"], mode="{name}"') for name in ("forward", "backward", "step")]
    assert len({first, *modes}) == 4
    assert version("newer", '["m:a"]', '["m:a"], version="2"') == f"2{first[1:]}"
    assert version("sized", n=2) != first
    assert version("held", act=object()) == version("again", act=object()), "whatever address it has"


# -- the engine, and the packages that asv installed ------------------------------------------------------------------


def test_the_engine_is_the_one_beside_asv_unless_another_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv(asv_plugin.VARIABLE, "")
    asv_plugin.setup()
    assert os.environ[asv_plugin.VARIABLE] == str(ENGINE / "perfsuite")
    shutil.copytree(ENGINE / "perfsuite/runners", tmp_path / "perfsuite/runners")
    monkeypatch.setenv(asv_plugin.VARIABLE, str(tmp_path / "perfsuite"))
    asv_plugin.setup()
    assert os.environ[asv_plugin.VARIABLE] == str(tmp_path / "perfsuite")
    monkeypatch.setenv(asv_plugin.VARIABLE, str(tmp_path))
    with pytest.raises(util.UserError, match=r"^PERFSUITE_ENGINE=.* is not the folder of the package perfsuite$"):
        asv_plugin.setup()


def test_uv_is_found_where_it_is_only_a_module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv(asv_plugin.VARIABLE, "")
    assert shutil.which("uv") is None
    asv_plugin.setup()
    assert shutil.which("uv") is not None
    assert os.environ["PATH"].startswith(str(tmp_path)), "what is on the path already goes first"


def test_installed_packages_are_beside_each_other(tmp_path: Path):
    of = Project(tmp_path, package=("src/mine", "lib/other", "third"))
    place = tmp_path / "env/lib/site-packages"
    for name in of.package:
        (tmp_path / name).mkdir(parents=True)
        (place / Path(name).name).mkdir(parents=True)
    there = {"mine": tmp_path / "src/mine", "other": tmp_path / "lib/other", "third": tmp_path / "third"}
    assert packages.packages(tmp_path / "src/mine", of) == there
    assert packages.packages(place / "mine", of) == {name: place / name for name in there}
