"""What tests share: a copy of the project to change at will."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background: what the tests start would ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """One thread in every test, as in a worker: where processes share the cores, two wait for each other all the time.

    The tests together took three times as long with torch's own choice.
    """
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


ROOMS = ("impls", "benchmarks", "reports")
PARTS = (*ROOMS, "pyproject.toml", "asv.conf.json", "asv_uv.py", ".gitignore", "noxfile.py", "README.md")


def copied(where: Path) -> Path:
    """A copy of the project at ``where``, without results and without git; what is compiled to bytecode comes along."""
    where.mkdir()
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, where / part)
        elif source.exists():
            shutil.copy(source, where / part)
    return where


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project in an empty folder, to change at will."""
    return copied(tmp_path / "project")


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project for those who leave it as it is."""
    return copied(tmp_path_factory.mktemp("untouched") / "project")


@pytest.fixture
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``python -m benchmarks`` with arguments in a folder."""

    def run(folder: Path, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "benchmarks", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run
