"""Read system files and the output of other programs; empty if there is none."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path


def read(path: Path) -> str:
    """The text of a small system file, stripped; empty if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def output(*command: str) -> str:
    """The output of a command, stripped; empty if it is not installed, fails, or takes more than 20 s."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=20)
        return done.stdout.strip() if done.returncode == 0 else ""
    return ""
