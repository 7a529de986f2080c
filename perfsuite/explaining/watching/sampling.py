"""Stacks of a process by samples: Python frames and native ones, from py-spy, which watches from outside.

py-spy is optional. Without it the stacks come from the profiler's trace, which has no native frames.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

RATE = 200  # samples a second
PR_SET_PTRACER, ANY = 0x59616D61, ctypes.c_ulong(-1).value  # lets a sibling or child look at this process (Yama)
LATE = 30.0  # seconds that py-spy may take longer than asked


def where() -> str:
    """The program: beside this interpreter, or on the path; "" if it is not installed."""
    beside = Path(sys.executable).parent / "py-spy"
    return str(beside) if beside.exists() else shutil.which("py-spy") or ""


def sampled(call: Callable[[], Any], seconds: float, path: Path) -> str:
    """Call again and again while py-spy writes the stacks of this process to ``path``; returns its text.

    Raises:
        RuntimeError: py-spy is not installed, or cannot look at this process.
    """
    if not (program := where()):
        raise RuntimeError("py-spy is not installed: pip install py-spy")
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANY, 0, 0, 0)
    command = [program, "record", "--pid", str(os.getpid()), "--format", "raw", "--output", str(path)]
    command += ["--duration", f"{max(1, round(seconds))}", "--rate", str(RATE), "--native", "--function"]
    watching = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _calls(call, watching)
        _, said = watching.communicate(timeout=LATE)
    finally:
        if watching.poll() is None:
            watching.kill()
    if watching.returncode or not path.exists():
        lines = said.decode(errors="replace").strip().splitlines() or [f"exit code {watching.returncode}"]
        raise RuntimeError(f"py-spy cannot look at this process: {lines[-1]}")
    return path.read_text(encoding="utf-8", errors="replace")


CALLING = f"{__name__.split('.')[-1]}.py"  # the file of the frame below which the calls are


def _calls(call: Callable[[], Any], watching: subprocess.Popen[bytes]) -> None:
    """Call until py-spy has ended. Everything below this function's frame belongs to the cell."""
    while watching.poll() is None:
        _burst(call)


def _burst(call: Callable[[], Any]) -> None:
    """Some calls between two looks at py-spy, so that the looks are not among the samples."""
    import time

    end = time.perf_counter() + 0.05
    while time.perf_counter() < end:
        call()
