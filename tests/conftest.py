"""What tests share: a copy of the project to change at will."""

from __future__ import annotations

import ctypes
import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from chromium import Browser

ROOT = Path(__file__).resolve().parent.parent
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background: what the tests start would ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(ctypes.CDLL(None), "mallopt"):  # glibc: blocks of up to 1 GiB are taken from the heap and stay there
    # A quarter of the time of the large tests went into pages that the kernel fetched and cleared for each tensor anew.
    ctypes.CDLL(None).mallopt(-3, 2**30)  # M_MMAP_THRESHOLD
    ctypes.CDLL(None).mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be
settings.load_profile("busy")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """One thread in every test, as in a worker: where processes share the cores, two wait for each other all the time.

    The tests together took three times as long with torch's own choice.
    """
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


@pytest.hookimpl(trylast=True)  # after -m and -k
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each process begin with slow tests, dealt file by file: what is left at the end is short, whoever takes it.

    xdist cuts the list into a piece for each process, and lets who has nothing left take from the end of another's.
    """
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if count == 1:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = iter([item for item in items if not item.get_closest_marker("slow")])
    files = list(dict.fromkeys(item.path for item in slow))
    piece, ordered = len(items) // count, []
    for process in range(count):
        mine = [item for item in slow if files.index(item.path) % count == process]
        ordered += [*mine, *itertools.islice(quick, max(0, piece - len(mine)))]
    items[:] = [*ordered, *quick]


ROOMS = ("impls", "perfsuite", "benchmarks", "reports")
PARTS = (*ROOMS, "pyproject.toml", "asv.conf.json", ".gitignore", "noxfile.py", "README.md")


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


@pytest.fixture(scope="session")
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


@pytest.fixture
def asv(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run asv in a folder, the engine beside it. The user's home is another: asv describes the machine there."""
    home = tmp_path / "home"
    home.mkdir()
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    cache = subprocess.run([uv, "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
    settings = os.environ.get("XDG_CONFIG_HOME", str(Path.home() / ".config"))
    environ = {**os.environ, "HOME": str(home), "UV_CACHE_DIR": cache, "XDG_CONFIG_HOME": settings}
    environ["PYTHONPATH"] = str(ROOT)

    def run(folder: Path, *arguments: str, code: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "asv", *arguments],
            cwd=folder,
            env={**environ, **variables},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless Chromium with one tab."""
    from chromium import BROWSER, Browser

    if BROWSER is None:
        pytest.skip("needs a Chromium: install one, or set CHROMIUM to it")
    started = Browser(BROWSER, tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of two reports of made-up runs. The claims' rules are not at issue there."""
    import made

    from perfsuite.reporting.html import page
    from reports import ledger

    made_up = {"realistic": made.realistic(), "hostile": made.hostile()}
    folders = {name: tmp_path_factory.mktemp(name) / "report" for name in made_up}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "decide", lambda run: made.findings())
        for name, run in made_up.items():
            page.write(run, folders[name])
    return folders
