"""What files of the system and other programs say; nothing where they say nothing."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path


def read(path: Path) -> str:
    """The text of a small file of the system, stripped; empty if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def output(*command: str) -> str:
    """What a command prints, stripped; empty if it is not here, fails, or takes long."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=20)
        return done.stdout.strip() if done.returncode == 0 else ""
    return ""
