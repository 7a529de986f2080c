"""The wheel: the engine alone, whole, and of use in an environment that holds nothing else."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow
uv = pytest.importorskip("uv")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: building leaves folders behind."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "project")], check=True)
    run("build", "-q", "--wheel", "--out-dir", str(folder / "dist"), str(folder / "project"))
    (found,) = (folder / "dist").glob("*.whl")
    return found


def run(*arguments: str) -> None:
    subprocess.run([uv.find_uv_bin(), *arguments], check=True, capture_output=True, text=True, timeout=300)


def test_it_holds_the_engine_alone_and_all_of_it(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"perfsuite"}
    tracked = subprocess.run(
        ["git", "ls-files", "perfsuite"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert set(tracked) <= set(names)


def test_installed_by_itself_it_tells_its_commands(wheel: Path, tmp_path: Path):
    run("venv", "-q", str(tmp_path / "venv"))
    run("pip", "install", "-q", "--no-deps", "--python", str(tmp_path / "venv"), str(wheel))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(tmp_path / "venv" / "bin" / "perfsuite"), "--help"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: perfsuite [-h]") and "  perfsuite list -k dataload" in done.stdout
    assert "Measure, write the record file and the report, print the ladder." in " ".join(done.stdout.split())
