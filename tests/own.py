"""A repository of somebody's own, made on the fly: src layout, absolute imports, a subpackage, data, a lazy import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ENGINE = Path(__file__).resolve().parent.parent

FILES = {
    "pyproject.toml": """\
[project]
name = "mylib"
version = "0.1"

[tool.perfsuite]
benchmarks = "perf"
package = "src/mylib"
""",
    ".gitignore": "results/\n__pycache__/\n",
    "src/mylib/__init__.py": '"""A library."""\n\nfrom mylib.core import work\n',
    "src/mylib/core.py": '''\
import mylib.deep.helper as helper
from . import _scale


def work(x):
    """The work that the component names."""
    return _scale.scaled(helper.summed(x))


def other(x):
    """The same, by a lazy import."""
    from mylib.deep import helper as again

    return _scale.scaled(again.summed(x))
''',
    "src/mylib/_scale.py": """\
from pathlib import Path

FACTOR = float((Path(__file__).parent / "data" / "factor.txt").read_text())


def scaled(x):
    return x * FACTOR
""",
    "src/mylib/data/factor.txt": "2.0\n",
    "src/mylib/deep/__init__.py": "",
    "src/mylib/deep/helper.py": """\
TIMES = 20


def summed(x):
    for _ in range(TIMES):
        total = x.sum(0)
    return total
""",
    "perf/work.py": '''\
import torch
from mylib import core
from perfsuite import component


@component(variants=[core.work, core.other], cases={"n200": {"n": 200}})
def sums(case, generator):
    """Which is faster?"""
    return torch.randn(case.n, 50, generator=generator)
''',
}


def git(root: Path, *words: str) -> str:
    """What git prints in ``root``."""
    identity = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    done = subprocess.run(
        ["git", "-C", str(root), *words], env={**os.environ, **identity}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(root: Path, message: str, files: dict[str, str] | None = None) -> str:
    """Write ``files`` and commit; the hash."""
    for name, text in (files or {}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-qm", message)
    return git(root, "rev-parse", "HEAD")


def repository(root: Path, files: dict[str, str] | None = None) -> Path:
    """The repository with one commit; ``files`` replace or add to those above."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q", "-b", "main")
    commit(root, "first", {**FILES, **(files or {})})
    return root


def perfsuite(
    root: Path, *arguments: str, check: int | None = 0, seconds: float = 280, paths: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command line in ``root``, as one who installed the engine would."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PERFSUITE")}
    environment["PYTHONPATH"] = f"{ENGINE}:{paths}" if paths else str(ENGINE)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "perfsuite", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    assert check is None or done.returncode == check, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done
