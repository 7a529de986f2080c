"""Environments made by uv for two trees that require different packages, one for each tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WORKER = ("numpy", "psutil", "threadpoolctl")  # what a worker imports itself, in addition to the tree's packages
LONGEST = 1800.0  # seconds that installing may take


@dataclass(frozen=True)
class Environment:
    """The environment that one side runs in."""

    python: str  # the interpreter
    packages: tuple[str, ...]  # those that the other side does not have, "torch==2.13.0"


def make(sides: tuple[Sequence[str], Sequence[str]], into: Path) -> list[Environment]:
    """Make an environment below ``into`` for the requirements of each of ``sides``.

    If the requirements differ but install the same packages, both sides get the same environment.

    Raises:
        ValueError: uv is not installed, or it cannot install them.
    """
    made = []
    for index, requirements in enumerate(sides):
        folder = into / str(index)
        uv("venv", "--quiet", "--no-project", "--python", sys.executable, str(folder))
        made.append(str(folder / ("Scripts" if os.name == "nt" else "bin") / "python"))
        uv("pip", "install", "--quiet", "--python", made[-1], *requirements, *WORKER)
    base, head = (set(uv("pip", "freeze", "--quiet", "--python", python).split("\n")) for python in made)
    if base == head:
        return [Environment(made[0], ())] * 2
    return [Environment(made[0], tuple(sorted(base - head))), Environment(made[1], tuple(sorted(head - base)))]


def uv(*words: str) -> str:
    """The output of uv. It compiles bytecode at install time, because otherwise every fresh worker would wait for it.

    Raises:
        ValueError: uv is not installed, fails, or takes too long.
    """
    try:
        done = subprocess.run(
            [_find(), *words],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=LONGEST,
            env={**os.environ, "UV_COMPILE_BYTECODE": "1"},
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"uv {' '.join(words[:2])} took longer than {LONGEST:g} s") from None
    if done.returncode:
        said = " ".join(line.strip(" ×╰▶─│") for line in done.stderr.strip().splitlines())
        raise ValueError(f"uv cannot install what a tree requires: {said[:400]}")
    return done.stdout


def _find() -> str:
    """Where uv is: on the path, or a package of this Python."""
    if found := shutil.which("uv"):
        return found
    try:
        from uv import find_uv_bin
    except ImportError:
        raise ValueError(
            "the trees require different packages, and uv, which makes an environment for each, is not installed: "
            "`pip install uv`, or compare with --installed, which runs both with the installed packages"
        ) from None
    return str(find_uv_bin())
