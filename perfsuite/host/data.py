"""Data that the components read from files: made once per machine, checked each time it is used, rebuilt if damaged.

It is in ``torch-perf-suite/data`` below ``$XDG_CACHE_HOME`` or ``~/.cache``; nothing is downloaded. To use the real
MNIST or FashionMNIST instead of drawn images, set ``$TORCH_PERF_DATA`` to their folder.
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

MANIFEST = "manifest.json"  # written last: size and sha256 of each file
GIVEN = "TORCH_PERF_DATA"  # a folder in the layout of torchvision's ``root``: it contains FashionMNIST/raw/...
SETS = {  # size of each file in bytes, including its header of 16 or 8 bytes
    "train-images-idx3-ubyte": 16 + 60_000 * 28 * 28,
    "train-labels-idx1-ubyte": 8 + 60_000,
    "t10k-images-idx3-ubyte": 16 + 10_000 * 28 * 28,
    "t10k-labels-idx1-ubyte": 8 + 10_000,
}
NAMES = ("FashionMNIST", "MNIST")


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the generated data."""
    home = environ.get("HOME") or Path.home()
    return Path(environ.get("XDG_CACHE_HOME") or Path(home, ".cache"), "torch-perf-suite", "data")


def made(name: str, version: int, make: Callable[[Path], object]) -> Path:
    """The folder ``name-version`` of the cache, filled by ``make(folder)`` if it is missing or damaged.

    It appears by a rename: another process sees all of it or nothing, and if two make it at once, one is kept.
    Increase ``version`` whenever ``make`` writes different bytes.
    """
    return _made(folder() / f"{name}-{version}", make)


@cache  # checking reads the files completely, so do it once per process
def _made(target: Path, make: Callable[[Path], object]) -> Path:
    if target.exists():
        if not (wrong := damage(target)):
            return target
        print(one_line(f"benchmarks: {target} is damaged ({wrong}) and will be made again"), file=sys.stderr)
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
        except OSError:  # another process was faster
            if damage(target):
                raise
    return target


def damage(target: Path) -> str:
    """What is wrong with a folder that :func:`made` made, in a few words; "" if nothing is."""
    try:
        listed = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return f"no readable {MANIFEST}"
    here = _sums(target)
    for name in listed.keys() | here.keys():
        if listed.get(name) != here.get(name):
            return f"{name} {'is missing' if name not in here else 'differs from what was written'}"
    return ""


def given(name: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The folder that the user configured, if it has all files of ``name`` with the right sizes."""
    root = environ.get(GIVEN)
    return Path(root) if root and not lacking(Path(root), name) else None


def lacking(root: Path, name: str) -> str:
    """The first file of ``name`` that is missing in ``root`` or has the wrong size; "" if there is none."""
    sizes = {path.name: path.stat().st_size for path in root.glob(f"{name}/raw/*")}
    return next((f"{name}/raw/{file}" for file, size in SETS.items() if sizes.get(file) != size), "")


def origin(environ: Mapping[str, str] = os.environ) -> str:
    """Which data sets are the user's and which are drawn: ``FashionMNIST drawn, MNIST from TORCH_PERF_DATA``."""
    return ", ".join(f"{name} {f'from {GIVEN}' if given(name, environ) else 'drawn'}" for name in NAMES)


def holdings(environ: Mapping[str, str] = os.environ) -> dict[Path, int]:
    """The generated data so far: folder -> size in bytes."""
    targets = sorted(path for path in folder(environ).glob("[!.]*") if path.is_dir())
    return {target: sum(path.stat().st_size for path in target.rglob("*") if path.is_file()) for target in targets}


def remove() -> None:
    """Delete all generated data; it is made again when needed."""
    shutil.rmtree(folder(), ignore_errors=True)


def _sums(target: Path) -> dict[str, str]:
    files = (path for path in sorted(target.rglob("*")) if path.is_file() and path.name != MANIFEST)
    return {str(path.relative_to(target)): _sum(path) for path in files}


def _sum(path: Path) -> str:
    with path.open("rb") as opened:
        return f"{path.stat().st_size} {hashlib.file_digest(opened, 'sha256').hexdigest()}"
