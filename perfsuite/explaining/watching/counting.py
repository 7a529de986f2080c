"""Instructions of a call by function, counted by valgrind's callgrind in a worker of its own.

The counts repeat to about 0.1 %, so differences below 1 % mean something. They are never turned into time: valgrind
models no caches, branches or wide vectors, and the kernels of a library may choose other instructions under it.
"""

from __future__ import annotations

import ctypes
import re
import shlex
import shutil
import stat
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from perfsuite.explaining.watching.passes import warm
from perfsuite.model.cell import Cell
from perfsuite.workers.context import WorkerContext
from perfsuite.workers.outcomes import attempt

OUT = "callgrind.out"
REQUESTS = """\
#include <valgrind/callgrind.h>
void begin(void) { CALLGRIND_START_INSTRUMENTATION; CALLGRIND_ZERO_STATS; }
void end(void) { CALLGRIND_DUMP_STATS; CALLGRIND_STOP_INSTRUMENTATION; }
"""
SLOWDOWN, PATIENCE, MOST = 50.0, 20.0, 10  # under valgrind; seconds that counting may take; calls
MISSING = "valgrind is not installed: install the system's package (apt install valgrind, dnf install valgrind)"
NAME = re.compile(r"\((\d+)\)(?: (.*))?")


def where() -> str:
    """The program; "" if it is not installed."""
    return shutil.which("valgrind") or ""


def calls(seconds: float) -> int:
    """How many calls to count, for calls that take ``seconds`` without valgrind."""
    return max(1, min(MOST, int(PATIENCE / SLOWDOWN / max(seconds, 1e-9))))


def wrapped(python: str, folder: Path) -> str:
    """A program that runs ``python`` under callgrind, which counts nothing until it is told to."""
    script = folder / "counted"
    words = [where(), "--tool=callgrind", "--instr-atstart=no", "--quiet"]
    words += [f"--callgrind-out-file={(folder / OUT).resolve()}", python]
    script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script)


def count(context: WorkerContext, cell: Cell, seed: int, number: int) -> dict[str, Any]:
    """Count ``number`` warm calls; valgrind writes the file when it is told to."""

    def counted() -> dict[str, Any]:
        requests = _requests(context.folder)
        with warm(context, cell, seed) as (call, _, _):
            requests.begin()
            for _ in range(number):
                call()
            requests.end()
        return {"calls": number}

    return attempt(counted)


def _requests(folder: Path) -> ctypes.CDLL:
    """The functions that tell valgrind to begin and to end counting, which only compiled code can do.

    Raises:
        RuntimeError: they cannot be compiled.
    """
    source, library = folder / "requests.c", folder / "requests.so"
    source.write_text(REQUESTS, encoding="ascii")
    try:
        done = subprocess.run(
            ["cc", "-shared", "-fPIC", "-o", str(library), str(source)], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise RuntimeError("a C compiler is needed to count instructions: install gcc") from None
    if done.returncode:
        raise RuntimeError(f"valgrind's header cannot be compiled: {(done.stderr.strip().splitlines() or [''])[0]}")
    return ctypes.CDLL(str(library))


def read(folder: Path, number: int = 1) -> dict[str, int]:
    """Instructions by function, from the file with the most of them."""
    files = sorted(folder.glob(f"{OUT}*"), key=lambda path: path.stat().st_size)
    return parsed(files[-1].read_text(encoding="utf-8", errors="replace"), number) if files else {}


def parsed(text: str, number: int = 1) -> dict[str, int]:
    """Instructions of one of ``number`` calls in each function alone, from callgrind's format."""
    names: dict[str, str] = {}
    found: Counter[str] = Counter()
    function, inclusive = "", False
    for line in text.splitlines():
        if line.startswith("fn="):
            match = NAME.match(line[3:])
            if match:
                names.setdefault(match[1], match[2] or "")
                function = names[match[1]]
        elif line.startswith("calls="):
            inclusive = True  # the next line is what the callee costs
        elif line.startswith("cfn="):
            match = NAME.match(line[4:])
            if match and match[2]:
                names.setdefault(match[1], match[2])
        elif line and (line[0].isdigit() or line[0] in "+-*"):
            if not inclusive:
                found[function] += int(line.split()[-1])
            inclusive = False
    return {name: round(value / number) for name, value in found.items() if name}
