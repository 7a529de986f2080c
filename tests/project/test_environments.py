"""Environments for trees that require different packages: real ones, made by uv, of small packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perfsuite.project import environments

pytestmark = pytest.mark.slow


def version(python: str, package: str) -> str:
    script = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def test_each_side_gets_what_it_requires_and_what_a_worker_needs(tmp_path: Path):
    base, head = environments.make((["packaging==24.0"], ["packaging==24.1"]), tmp_path)
    assert version(base.python, "packaging") == "24.0" and version(head.python, "packaging") == "24.1"
    assert (base.packages, head.packages) == (("packaging==24.0",), ("packaging==24.1",))
    for side in (base, head):
        imported = [side.python, "-c", f"import {', '.join(environments.WORKER)}, sys; print(sys.version)"]
        done = subprocess.run(imported, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == sys.version, "the same Python"


def test_requirements_that_come_to_the_same_share_one(tmp_path: Path):
    base, head = environments.make((["packaging==24.0"], ["packaging>=24.0,<24.1"]), tmp_path)
    assert base == head and base.packages == ()


def test_what_cannot_be_installed_is_told_in_one_line(tmp_path: Path):
    with pytest.raises(ValueError, match=r"uv cannot install what a tree requires: .*packaging==0.0.1") as told:
        environments.make((["packaging==24.0"], ["packaging==0.0.1"]), tmp_path)
    assert "\n" not in str(told.value)


def test_without_uv_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(environments.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "uv", None)
    with pytest.raises(ValueError, match=r"`pip install uv`, or compare with --installed"):
        environments.make(([], ["packaging"]), tmp_path)
