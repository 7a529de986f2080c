"""`perfsuite init` in repositories of many kinds: what it writes works, nothing is replaced, and bad input is told."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import own
import pytest

from perfsuite.judging import opening
from perfsuite.project import settings
from perfsuite.runners import cli
from perfsuite.scaffolding import components, functions, inputs, repository, workflow

yaml = pytest.importorskip("yaml")
Out = pytest.CaptureFixture[str]

PROJECT = '[project]\nname = "my-lib"\nversion = "0.1"\n'
OPS = """\
from __future__ import annotations

from typing import Optional

import torch


def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    return torch.softmax(x, dim)


def attention(q, k, v, mask: Optional[torch.Tensor] = None, causal: bool = False):
    b, h, t, d = q.shape
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)


def loss(logits, labels):
    return torch.nn.functional.cross_entropy(logits, labels)


def joined(xs: list[torch.Tensor], *, axis):
    return torch.cat(xs, axis)


def scaled_norm(x, weight, eps: float = 1e-6):
    return torch.nn.functional.rms_norm(x, x.shape[-1:], weight, eps)


def configured(x, config):
    return x * config.scale


def largest(x, k: int | None, dim: Optional[int]):
    return x.topk(k, dim)[0]


def masked(x, mask, /, other: torch.Tensor):
    return (x + other).masked_fill(mask, 0)


compiled = torch.compile(loss)


class Block(torch.nn.Module):
    def __init__(self, dim: int, heads: int, bias: bool = True):
        super().__init__()
        self.heads, self.qkv = heads, torch.nn.Linear(dim, 3 * dim, bias)

    def forward(self, x, mask=None):
        B, T, C = x.size()
        q, k, v = (one.reshape(B, T, self.heads, -1).transpose(1, 2) for one in self.qkv(x).chunk(3, -1))
        return attention(q, k, v, mask).transpose(1, 2).reshape(B, T, C)


class Plain:
    pass
"""
FILES = {
    "pyproject.toml": PROJECT,
    "src/my_lib/__init__.py": "from .ops import softmax as soft\nfrom my_lib.deep import *\n",
    "src/my_lib/ops.py": OPS,
    "src/my_lib/deep/__init__.py": "from .inner import helper\n",
    "src/my_lib/deep/inner.py": "def helper(x):\n    return 2 * x\n",
}


def laid(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository without a table; the current folder."""
    root = laid(tmp_path / "mine", FILES)
    (root / ".git").mkdir()
    monkeypatch.chdir(root)
    return root


def init(*names: str) -> int:
    return cli.main(["init", *names])


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


# -- what is written ---------------------------------------------------------------------------------------------------


def test_everything_that_a_project_needs_is_written_and_told(mine: Path, capsys: Out):
    before = contents(mine)
    assert init("my_lib.ops:attention") == 0
    assert capsys.readouterr().out.splitlines() == [
        "added [tool.perfsuite] to pyproject.toml",
        "wrote perf/ops.py",
        "wrote .gitignore",
        "wrote .github/workflows/perfsuite.yml",
        "next:",
        "  perfsuite list",
        "  perfsuite run -k ops.attention",
    ]
    after = contents(mine)
    assert set(after) - set(before) == {"perf/ops.py", ".gitignore", ".github/workflows/perfsuite.yml"}
    assert after["pyproject.toml"].startswith(before["pyproject.toml"])
    project = settings.of(mine)
    assert project.package == ("src/my_lib",) and project.benchmarks == "perf"
    assert after[".gitignore"] == b"results/\n"


def test_a_second_time_nothing_is_touched(mine: Path, capsys: Out):
    assert init("my_lib.ops:attention") == 0
    before = contents(mine)
    capsys.readouterr()
    assert init("my_lib.ops:attention") == 0
    assert contents(mine) == before
    assert capsys.readouterr().out.splitlines()[:4] == [
        "kept pyproject.toml: it has [tool.perfsuite]",
        "kept perf/ops.py: it exists",
        "kept .gitignore: it has results/",
        "kept .github/workflows/perfsuite.yml: it exists",
    ]


def test_what_is_there_stays_byte_by_byte(mine: Path):
    theirs = {
        "pyproject.toml": PROJECT.replace("\n", "\r\n").rstrip().encode(),
        ".gitignore": b"*.log",
        "perf/ops.py": b"# mine\n",
        ".github/workflows/perfsuite.yml": b"on: push\n",
    }
    for name, text in theirs.items():
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_bytes(text)
    assert init("my_lib.ops:loss") == 0
    after = contents(mine)
    added = after["pyproject.toml"].removeprefix(theirs["pyproject.toml"])
    assert added.startswith(b"\r\n\r\n[tool.perfsuite]\r\n") and added.count(b"\n") == added.count(b"\r\n")
    assert after[".gitignore"] == b"*.log\nresults/\n"
    assert after["perf/ops.py"] == b"# mine\n" and after[".github/workflows/perfsuite.yml"] == b"on: push\n"
    assert "def loss(" in (mine / "perf" / "ops_loss.py").read_text(), "another function of the module: a file beside"


def test_any_folder_of_the_repository_will_do(mine: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out):
    monkeypatch.chdir(mine / "src" / "my_lib" / "deep")
    assert init("my_lib.deep.inner:helper") == 0
    assert "wrote ../../../perf/deep/inner.py" in capsys.readouterr().out.splitlines()
    assert settings.of(mine).package == ("src/my_lib",)


def test_without_pyproject_there_is_a_new_one(mine: Path, capsys: Out):
    (mine / "pyproject.toml").unlink()
    assert init("my_lib.ops:loss") == 0
    assert "wrote pyproject.toml" in capsys.readouterr().out
    assert tomllib.loads((mine / "pyproject.toml").read_text()) == {
        "tool": {"perfsuite": {"benchmarks": "perf", "package": "src/my_lib"}}
    }


def test_without_a_function_the_example_works_once_edited(mine: Path, capsys: Out):
    assert init() == 0
    out = capsys.readouterr().out.splitlines()
    assert "wrote perf/example.py" in out and "edit perf/example.py: it is commented out" in out
    path = mine / "perf" / "example.py"
    assert ast.parse(path.read_text()).body[1:] == [], "comments alone"
    path.write_text(re.sub(r"^# ?", "", path.read_text(), flags=re.MULTILINE))
    target = functions.find("my_lib.ops:attention", {"my_lib": mine / "src" / "my_lib"})
    assert path.read_text().endswith(components.file([target]).text.partition("\n\n")[2]), "as if it had been named"
    assert init() == 0
    assert "example.py" not in capsys.readouterr().out


def test_two_packages_are_both_measured_and_do_not_share_a_file(mine: Path):
    laid(mine, {"src/other/__init__.py": "", "src/other/ops.py": "def f(x):\n    return x\n"})
    assert init("my_lib.ops:loss", "other.ops:f") == 0
    assert settings.of(mine).package == ("src/my_lib", "src/other")
    assert (mine / "perf/my_lib/ops.py").exists() and (mine / "perf/other/ops.py").exists()


def test_among_several_packages_the_one_with_the_name_of_the_project_is_meant(mine: Path):
    laid(mine, {"src/aaa/__init__.py": "", "tests/__init__.py": ""})
    assert init() == 0
    assert settings.of(mine).package == ("src/my_lib",)


def test_an_installed_package_can_be_measured_but_has_no_commits(mine: Path):
    assert init("jinja2.utils:pass_context") == 0
    assert settings.of(mine).package == ("jinja2",) and not (mine / ".github").exists()


@pytest.mark.parametrize(
    ("files", "added"),
    [
        ({}, True),
        ({"setup.py": ""}, False),
        ({"pyproject.toml": f'{PROJECT}[build-system]\nrequires = ["x"]\nbuild-backend = "hatchling.build"\n'}, False),
        ({"pyproject.toml": f'{PROJECT}[tool.setuptools]\npackages = ["my_lib"]\n'}, False),
    ],
)
def test_setuptools_would_take_the_new_folder_for_a_package(
    files: dict[str, str], added: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """With several folders in the root it refuses to build, unless it is told which are packages."""
    monkeypatch.chdir(laid(tmp_path, {"my_lib/__init__.py": "", "pyproject.toml": PROJECT, **files}))
    assert init() == 0
    told = tomllib.loads((tmp_path / "pyproject.toml").read_text())["tool"].get("setuptools", {})
    assert (told.get("packages") == {"find": {"include": ["my_lib", "my_lib.*"]}}) is added


def test_it_takes_no_arguments_that_concern_a_project(mine: Path, capsys: Out):
    with pytest.raises(SystemExit, match="2"):
        init("--tree", "src/my_lib")
    assert "unrecognized arguments: --tree" in capsys.readouterr().err


# -- components of functions -------------------------------------------------------------------------------------------


def called(name: str, root: Path) -> inputs.Call:
    return inputs.call_of(functions.find(f"my_lib.ops:{name}", {"my_lib": root / "src" / "my_lib"}))


def test_what_is_guessed_from_a_signature(mine: Path):
    four, two = (
        "torch.randn(2, 8, case.n, case.n, generator=generator)",
        "torch.randn(case.n, case.n, generator=generator)",
    )
    attention = called("attention", mine)
    assert attention.inputs == {"q": four, "k": four, "v": four} and attention.defaults == ("mask", "causal")
    assert called("loss", mine).inputs["labels"] == "torch.randint(case.n, (case.n,), generator=generator)"
    assert called("joined", mine).inputs == {"xs": f"[{two} for _ in range(4)]"}
    assert called("joined", mine).passed == (("", "xs"), ("axis", "-1"))
    assert called("scaled_norm", mine).inputs["weight"] == "torch.randn(case.n, generator=generator)"
    assert called("masked", mine).inputs["mask"] == "torch.rand(case.n, case.n, generator=generator) > 0.5"
    assert called("largest", mine).passed == (("", "x"), ("k", "2"), ("dim", "-1"))
    assert called("configured", mine).unknown == ("config",)
    assert called("compiled", mine).inputs == called("loss", mine).inputs
    assert called("Block", mine).inputs == {"x": "torch.randn(4, case.n, case.n, generator=generator)"}


def test_what_a_module_takes_from_others_is_found(mine: Path):
    packages = {"my_lib": mine / "src" / "my_lib"}
    for name, definition in (("soft", "softmax"), ("helper", "helper")):
        node = functions.find(f"my_lib:{name}", packages).node
        assert node is not None and node.name == definition
    with pytest.raises(ValueError, match="no function 'hepler'"):
        functions.find("my_lib:hepler", packages)


def test_a_value_that_cannot_be_guessed_is_told(mine: Path, capsys: Out):
    assert init("my_lib.ops:configured") == 0
    assert "edit perf/ops.py: give a value for configured(config)" in capsys.readouterr().out.splitlines()
    assert "ops.configured(x, config=...)" in (mine / "perf" / "ops.py").read_text()


def test_a_component_with_the_name_of_its_module_does_not_hide_it(mine: Path):
    laid(mine, {"src/my_lib/fused.py": "import torch\n\n\ndef fused(x, dim: int):\n    return x.sum(dim)\n"})
    assert init("my_lib.fused:fused") == 0
    text = (mine / "perf" / "fused.py").read_text()
    assert "from my_lib import fused as fused_module" in text and "fused_module.fused(x, dim=2)" not in text
    assert 'variants={"fused": lambda x: fused_module.fused(x, dim=-1)}' in text


def test_what_is_written_is_short_enough_for_any_formatter(mine: Path):
    names = [
        "softmax",
        "attention",
        "loss",
        "joined",
        "scaled_norm",
        "configured",
        "masked",
        "largest",
        "compiled",
        "Block",
    ]
    assert init(*(f"my_lib.ops:{name}" for name in names)) == 0
    text = (mine / "perf" / "ops.py").read_text()
    ast.parse(text)
    assert max(map(len, text.splitlines())) <= components.WIDTH


@pytest.mark.long
def test_what_is_written_runs_as_it_stands(mine: Path):
    names = ["softmax", "attention", "loss", "joined", "scaled_norm", "masked", "largest", "compiled", "Block"]
    assert init(*(f"my_lib.ops:{name}" for name in names), "my_lib:soft", "my_lib:helper") == 0
    done = own.perfsuite(mine, "run", "--launches", "1", "--budget", "0.01", "-k", "cpu", "--json")
    cells = {cell["cell"]: cell["status"] for cell in json.loads(done.stdout)["cells"]}
    assert len(cells) == len(names) + 2 and set(cells.values()) == {"ok"}, cells


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("my_lib.ops:atention", "no function 'atention': did you mean 'attention'? in "),
        ("my_lib.opps:loss", "no module 'my_lib.opps': did you mean 'my_lib.ops'? in "),
        ("mylib.ops:loss", "no package 'mylib' in {root}: did you mean 'my_lib'?"),
        ("my_lib:ops", "'my_lib:ops' is a module: name a function of it, such as my_lib.ops:softmax"),
        ("my_lib.ops:Plain", "'my_lib.ops:Plain' is a class, and no torch.nn.Module"),
        ("my_lib.ops.loss", "'my_lib.ops.loss' is not MODULE:FUNCTION, such as mylib.attention:fused: did you mean"),
        ("src/my_lib/ops.py:loss", "did you mean 'my_lib.ops:loss'?"),
        ("fused", "'fused' is not MODULE:FUNCTION"),
    ],
)
def test_a_function_that_is_not_there_is_told_and_nothing_is_written(name: str, says: str, mine: Path, capsys: Out):
    before = contents(mine)
    assert init("my_lib.ops:loss", name) == 2
    err = capsys.readouterr().err
    assert says.format(root=mine) in err and err.count("\n") == 1
    assert contents(mine) == before


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"train.py": ""}, "no package in {root}: neither src/my_lib/__init__.py nor my_lib/__init__.py exists"),
        ({"a/__init__.py": "", "b/__init__.py": ""}, "several packages in {root} (a, b), and none is named my_lib: "),
        ({"my_lib/__init__.py": "", "pyproject.toml": "[project\n"}, "pyproject.toml is not valid TOML: "),
        ({"my_lib/__init__.py": "", "pyproject.toml": "tool = {a = 1}\n"}, "cannot get a table [tool.perfsuite]"),
        ({"my_lib/__init__.py": "def f(:\n", "pyproject.toml": PROJECT}, "__init__.py is not valid Python"),
        ({"pyproject.toml": '[tool.perfsuite]\npackage = "src/gone"\n'}, "package 'src/gone' of [tool.perfsuite] does"),
    ],
)
def test_a_repository_that_cannot_be_measured_is_told(
    files: dict[str, str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
):
    root = laid(tmp_path / "my_lib", files)
    monkeypatch.chdir(root)
    before = contents(root)
    assert init() == 2
    err = capsys.readouterr().err
    assert says.format(root=root) in err and err.count("\n") == 1
    assert contents(root) == before


def test_a_function_outside_of_the_packages_of_the_table_is_told(mine: Path, capsys: Out):
    assert init() == 0
    laid(mine, {"src/other/__init__.py": "def f(x):\n    return x\n"})
    capsys.readouterr()
    assert init("other:f") == 2
    assert f"no package 'other': add it there; package of [tool.perfsuite] in {mine}" in capsys.readouterr().err


# -- the workflow ------------------------------------------------------------------------------------------------------


def parsed(root: Path, name: str = "perfsuite") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((root / ".github" / "workflows" / f"{name}.yml").read_text())
    return found


def step(found: dict[str, Any], name: str) -> dict[str, Any]:
    steps: list[dict[str, Any]] = found["jobs"]["compare"]["steps"]
    return next(one for one in steps if name in (one.get("name"), one.get("uses", "").split("@")[0]))


def test_the_workflow_is_valid_and_complete(mine: Path):
    assert init() == 0
    text = (mine / ".github" / "workflows" / "perfsuite.yml").read_text()
    assert not re.search(r"@[A-Z]+@", text), "every placeholder is replaced"
    assert max(map(len, text.splitlines())) <= 120
    found = parsed(mine)
    assert found["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert step(found, "actions/checkout")["with"]["fetch-depth"] == 0
    python = step(found, "actions/setup-python")["with"]["python-version"]
    assert python == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert " torch . torch-perf-suite" in step(found, "Install")["run"]
    assert step(found, "Comment")["continue-on-error"] and "head.repo.full_name" in step(found, "Comment")["if"]
    artifact = step(found, "actions/upload-artifact")
    assert "always()" in artifact["if"] and artifact["with"]["path"] == "results/"
    assert '#   perfsuite compare "$BASE" HEAD --markdown' in text, "the lines for any other CI"


def test_the_cost_is_computed_from_the_engine(monkeypatch: pytest.MonkeyPatch):
    assert f"{opening.PER_CELL:g} s for each cell, at least {opening.SHORTEST:g} s" in workflow.cost()
    usual, longest = workflow.minutes(20), workflow.longest()
    monkeypatch.setattr(opening, "PER_CELL", 2 * opening.PER_CELL)
    monkeypatch.setattr(opening, "LONGEST", 2 * opening.LONGEST)
    assert "16 s for each cell" in workflow.cost() and workflow.minutes(20) > usual and workflow.longest() > longest


def test_a_project_in_a_folder_of_a_repository_has_a_workflow_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(laid(tmp_path / "packages" / "mine", FILES))
    assert init() == 0
    found = parsed(tmp_path, "perfsuite-packages-mine")
    assert found["jobs"]["compare"]["defaults"]["run"]["working-directory"] == "packages/mine"
    assert step(found, "actions/upload-artifact")["with"]["path"] == "packages/mine/results/"


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ("{}", "torch-perf-suite==1.2"),
        (
            '{"url": "https://host/a.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}',
            '"torch-perf-suite @ git+https://host/a.git@abc"',
        ),
    ],
)
def test_the_engine_is_installed_from_where_it_came_from(
    origin: str, told: str, mine: Path, monkeypatch: pytest.MonkeyPatch
):
    class Installed:
        version = "1.2"

        def read_text(self, name: str) -> str:
            return origin

    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Installed())
    assert workflow.text(repository.at(mine, [])).count(told) == 2


def test_without_a_project_its_requirements_are_installed(mine: Path):
    laid(mine, {"pyproject.toml": "", "requirements.txt": "torch\n"})
    assert "torch -r requirements.txt torch-perf-suite" in workflow.text(repository.at(mine, ["my_lib"]))


def runner(root: Path, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the workflow as a runner does."""
    found = parsed(root)
    job, one = found["jobs"]["compare"], step(found, name)
    variables = {**os.environ, **{key: str(value) for key, value in job["env"].items()}}
    variables = {key: value for key, value in variables.items() if not key.startswith("PERFSUITE")}
    variables["GITHUB_STEP_SUMMARY"] = str(root.parent / "summary.md")
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", one["run"]]
    return subprocess.run(
        command, cwd=root, env={**variables, **environment}, capture_output=True, text=True, check=False, timeout=280
    )


def script(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def engine(folder: Path) -> str:
    """A PATH with the command `perfsuite`."""
    script(folder, "perfsuite", f'PYTHONPATH={own.ENGINE} exec {sys.executable} -P -m perfsuite "$@"')
    return f"{folder}:{os.environ['PATH']}"


def pull_request(root: Path, files: dict[str, str]) -> Path:
    """A repository that `init` prepared, where HEAD is the merge of a branch with ``files`` into its base."""
    laid(root, {**FILES, "src/my_lib/deep/inner.py": "def helper(x):\n    return x + 1.0\n"})
    own.git(root, "init", "-q", "-b", "main")
    own.perfsuite(root, "init", "my_lib.deep.inner:helper")
    own.commit(root, "base")
    own.git(root, "checkout", "-q", "-b", "branch")
    own.commit(root, "the change", files)
    own.git(root, "checkout", "-q", "main")
    own.commit(root, "meanwhile", {"src/my_lib/other.py": "X = 1\n"})
    own.git(root, "merge", "-q", "--no-ff", "-m", "merge", "branch")
    return root


@pytest.mark.long
def test_a_slower_pull_request_fails_with_its_table_and_its_records(tmp_path: Path):
    slow = "def helper(x):\n    for _ in range(20):\n        y = x + 1.0\n    return y\n"
    root = pull_request(tmp_path / "mine", {"src/my_lib/deep/inner.py": slow})
    done = runner(root, "Compare", PATH=engine(tmp_path / "bin"))
    assert done.returncode == 1, done.stdout + done.stderr
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("**1 slower") and "| SLOWER |" in summary and "meanwhile" in summary
    kept = {path.suffix for path in (root / "results" / "compare").iterdir()}
    assert {".html", ".json", ".jsonl", ".md"} <= kept
    assert (root / "results" / "comparison.md").read_text() == summary
    assert "SLOWER" in done.stdout, "the log shows the progress"


@pytest.mark.long
def test_a_pull_request_that_adds_what_is_measured_passes_with_a_warning(tmp_path: Path):
    new = {
        "src/my_lib/deep/new.py": "def added(x):\n    return x - 1.0\n",
        "perf/deep/new.py": (
            "import torch\nfrom perfsuite import component\n\nfrom my_lib.deep import new\n\n\n"
            "@component(variants=[new.added])\ndef added(case, generator):\n"
            '    """New."""\n    return torch.randn(100, generator=generator)\n'
        ),
    }
    root = pull_request(tmp_path / "mine", new)
    done = runner(root, "Compare", PATH=engine(tmp_path / "bin"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "::warning::" in done.stdout and "not comparable" in (tmp_path / "summary.md").read_text()


def test_a_comparison_that_cannot_begin_tells_why_in_the_summary(mine: Path, tmp_path: Path):
    assert init("my_lib.ops:loss") == 0
    (mine / ".git").rmdir()
    own.git(mine, "init", "-q")
    own.commit(mine, "only one")
    done = runner(mine, "Compare", PATH=engine(tmp_path / "bin"))
    assert done.returncode == 2, done.stdout + done.stderr
    assert "no commit 'HEAD^1'" in (tmp_path / "summary.md").read_text()


@pytest.mark.parametrize(
    ("found", "method"), [("", "POST repos/a/b/issues/7/comments"), ("42", "PATCH repos/a/b/issues/comments/42")]
)
def test_there_is_one_comment_for_each_pull_request(mine: Path, tmp_path: Path, found: str, method: str):
    assert init() == 0
    laid(mine, {"results/comparison.md": "**nothing slower**\n"})
    folder = script(
        tmp_path / "bin", "gh", f'echo "$@" >> {tmp_path}/calls\ncase "$*" in *--jq*) echo {found};; esac'
    ).parent
    path = f"{folder}:{os.environ['PATH']}"
    done = runner(mine, "Comment", PATH=path, REPOSITORY="a/b", NUMBER="7", GH_TOKEN="t")
    assert done.returncode == 0, done.stderr
    first, second = (tmp_path / "calls").read_text().splitlines()
    assert 'startswith("<!-- perfsuite -->")' in first
    assert second == f"api --silent --method {method} --field body=@results/comment.md"
    assert (mine / "results" / "comment.md").read_text() == "<!-- perfsuite -->\n**nothing slower**\n"
