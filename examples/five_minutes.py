"""From nothing to the first verdict, timed: ``python examples/five_minutes.py`` prints a table and writes its page.

A virtual environment is made, torch and this engine are installed with pip, a repository with a package of one module
is created, and then a user's first commands are run, each as it stands in the page. Packages come from pip's cache
where that has them; the page says how much time went into installing.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "five-minutes.md"
MODULE = '''\
import torch


def naive(q, k, v):
    """Scores, softmax and a weighted sum."""
    return torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, -1) @ v


def fused(q, k, v):
    """torch's own kernel."""
    return torch.nn.functional.scaled_dot_product_attention(q, k, v)
'''
SLOWER = MODULE.replace("return torch.softmax(", "q = q.clone()\n    return torch.softmax(")
PROJECT = '[project]\nname = "mylib"\nversion = "0.1"\n'
STEPS = (  # what is typed, and what it is for
    ("python -m venv env", "an environment"),
    ("env/bin/pip install -q torch {engine}", "torch and this engine"),
    (
        "env/bin/perfsuite init mylib.attention:naive mylib.attention:fused",
        "the table, a component each, a CI workflow",
    ),
    ("env/bin/perfsuite list", "the cells"),
    ("env/bin/perfsuite run", "the first numbers, and the report"),
    ("git commit -qam slower", "a commit that copies an input first"),
    ("env/bin/perfsuite compare main~1 main", "the first verdict"),
)


def main() -> int:
    """Run the steps, and write the page; 1 if the verdict is not the expected one."""
    rows, told, code = [], "", 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "repository"
        (root / "src" / "mylib").mkdir(parents=True)
        (root / "pyproject.toml").write_text(PROJECT)
        (root / "src" / "mylib" / "__init__.py").write_text("")
        (root / "src" / "mylib" / "attention.py").write_text(MODULE)
        (root / ".gitignore").write_text("env/\n")
        for command in ("git init -q -b main", "git add -A", "git commit -qm first"):
            _run(command, root)
        for command, what in STEPS:
            if command.startswith("git commit"):
                _run("git add -A", root)
                _run("git commit -qm components", root)
                (root / "src" / "mylib" / "attention.py").write_text(SLOWER)
            began = time.monotonic()
            done = _run(command.format(engine=ROOT), root)
            rows.append((command.format(engine="torch-perf-suite"), what, time.monotonic() - began))
            print(f"{rows[-1][2]:6.1f} s  {rows[-1][0]}", flush=True)
            if "compare" in command:
                told, code = done.stdout, done.returncode
    PAGE.write_text(_page(rows, told.split("\npage ")[0].strip()))
    return 0 if code == 1 and "SLOWER" in told else 1


def _run(command: str, root: Path) -> subprocess.CompletedProcess[str]:
    identity = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PERFSUITE", "PYTHON"))}
    words = command.split()
    words[0] = sys.executable if words[0] == "python" else words[0]
    done = subprocess.run(words, cwd=root, env={**environment, **identity}, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        print(f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}", file=sys.stderr)
        raise SystemExit(2)
    return done


def _page(rows: list[tuple[str, str, float]], told: str) -> str:
    installing = sum(seconds for command, _, seconds in rows if "pip" in command or "venv" in command)
    total = sum(seconds for *_, seconds in rows)
    lines = [
        "# From nothing to the first verdict",
        "",
        "`python examples/five_minutes.py` types these commands in an empty folder with a package of one module, and",
        f"writes this page: {total / 60:.1f} minutes, of which installing takes {installing:.0f} s;",
        f"{os.cpu_count()} cores, Python {platform.python_version()}. See [your own repository](own-repository.md).",
        "",
        "| seconds | command | what it gives |",
        "|---:|---|---|",
        *(f"| {seconds:.1f} | `{command}` | {what} |" for command, what, seconds in rows),
        "",
        "```text",
        told,
        "```",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
