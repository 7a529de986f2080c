"""Data that the components read from files: made once per machine, checked each time it is used, rebuilt if damaged.

It lies in ``torch-perf-suite/data`` of ``$XDG_CACHE_HOME`` or ``~/.cache``; nothing is downloaded. Who has the true
MNIST or FashionMNIST names their folder in ``$TORCH_PERF_DATA``, and they are read in place of drawings.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from perfsuite.model.printable import one_line

MANIFEST = "manifest.json"  # written last: for each file its size and sha256
GIVEN = "TORCH_PERF_DATA"  # names a folder that torchvision's classes take as root: it holds FashionMNIST/raw/...
SETS = {  # the bytes of each file, its header's 16 or 8 included
    "train-images-idx3-ubyte": 16 + 60_000 * 28 * 28,
    "train-labels-idx1-ubyte": 8 + 60_000,
    "t10k-images-idx3-ubyte": 16 + 10_000 * 28 * 28,
    "t10k-labels-idx1-ubyte": 8 + 10_000,
}
NAMES = ("FashionMNIST", "MNIST")


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where made data lies."""
    home = environ.get("HOME") or Path.home()
    return Path(environ.get("XDG_CACHE_HOME") or Path(home, ".cache"), "torch-perf-suite", "data")


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
        print(one_line(f"benchmarks: {target} is damaged ({wrong}) and is made again"), file=sys.stderr)
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


def given(name: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The folder that the user names, if it holds the files of ``name``, as whole as their sizes tell."""
    root = environ.get(GIVEN)
    return Path(root) if root and not lacking(Path(root), name) else None


def lacking(root: Path, name: str) -> str:
    """The first file of ``name`` that is not in ``root`` or has another size than it should; "" for none."""
    sizes = {path.name: path.stat().st_size for path in root.glob(f"{name}/raw/*")}
    return next((f"{name}/raw/{file}" for file, size in SETS.items() if sizes.get(file) != size), "")


def origin(environ: Mapping[str, str] = os.environ) -> str:
    """Which data sets are the user's own and which are drawn: ``FashionMNIST drawn, MNIST from TORCH_PERF_DATA``."""
    return ", ".join(f"{name} {f'from {GIVEN}' if given(name, environ) else 'drawn'}" for name in NAMES)


def holdings(environ: Mapping[str, str] = os.environ) -> dict[Path, int]:
    """What was made so far: each folder with its bytes."""
    targets = sorted(path for path in folder(environ).glob("[!.]*") if path.is_dir())
    return {target: sum(path.stat().st_size for path in target.rglob("*") if path.is_file()) for target in targets}


def remove() -> None:
    """Delete all made data; it is made again when it is needed."""
    shutil.rmtree(folder(), ignore_errors=True)


def _sums(target: Path) -> dict[str, str]:
    files = (path for path in sorted(target.rglob("*")) if path.is_file() and path.name != MANIFEST)
    return {str(path.relative_to(target)): _sum(path) for path in files}


def _sum(path: Path) -> str:
    with path.open("rb") as opened:
        return f"{path.stat().st_size} {hashlib.file_digest(opened, 'sha256').hexdigest()}"
