"""asv, for the tests of what it finds and shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from asv_results import Asv

ENGINE = Path(__file__).resolve().parents[2]


@pytest.fixture
def asv(tmp_path: Path) -> Asv:
    """Run asv in a folder, the engine beside it. The user's home is another: asv describes the machine there."""
    home = tmp_path / "home"
    home.mkdir()
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    cache = subprocess.run([uv, "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
    settings = os.environ.get("XDG_CONFIG_HOME", str(Path.home() / ".config"))
    environ = {**os.environ, "HOME": str(home), "UV_CACHE_DIR": cache, "XDG_CONFIG_HOME": settings}
    environ["PYTHONPATH"] = str(ENGINE)

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
