"""Data that the components read from files: made once per machine, checked each time it is used, rebuilt if damaged.

It lies in ``torch-perf-suite/data`` of ``$XDG_CACHE_HOME`` or ``~/.cache``; nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

MANIFEST = "manifest.json"  # written last: for each file its size and sha256


def folder() -> Path:
    """Where made data lies."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "torch-perf-suite", "data")


def made(name: str, version: int, make: Callable[[Path], object]) -> Path:
    """The folder ``name-version`` of the cache, filled by ``make(folder)`` where it is not there or is damaged.

    It appears by a rename: another process sees all of it or nothing, and of two that make it at once one is kept.
    Raise ``version`` whenever ``make`` writes other bytes.
    """
    return _made(folder() / f"{name}-{version}", make)


@cache  # files are read whole to be checked: once in each process
def _made(target: Path, make: Callable[[Path], object]) -> Path:
    if target.exists():
        if not (wrong := damage(target)):
            return target
        print(f"benchmarks: {target} is damaged ({wrong}) and is made again", file=sys.stderr)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
        new = Path(scratch, "new")
        new.mkdir()
        make(new)
        (new / MANIFEST).write_text(json.dumps(_sums(new)), encoding="utf-8")
        if target.exists():
            target.rename(Path(scratch, "old"))
        try:
            new.rename(target)
        except OSError:  # somebody was faster
            if damage(target):
                raise
    return target


def damage(target: Path) -> str:
    """What is wrong with a folder that :func:`made` made, in a few words; "" where nothing is."""
    try:
        listed = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return f"no readable {MANIFEST}"
    here = _sums(target)
    for name in listed.keys() | here.keys():
        if listed.get(name) != here.get(name):
            return f"{name} is {'missing' if name not in here else 'not as it was written'}"
    return ""


def remove() -> None:
    """Delete all made data; it is made again when it is needed."""
    shutil.rmtree(folder(), ignore_errors=True)


def _sums(target: Path) -> dict[str, str]:
    files = (path for path in sorted(target.rglob("*")) if path.is_file() and path.name != MANIFEST)
    return {str(path.relative_to(target)): _sum(path) for path in files}


def _sum(path: Path) -> str:
    with path.open("rb") as opened:
        return f"{path.stat().st_size} {hashlib.file_digest(opened, 'sha256').hexdigest()}"
