"""Files that appear complete or not at all, and replace others only on request."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def file(path: Path, force: bool) -> Iterator[Path]:
    """The path to write to: another one beside ``path``, renamed at the end. A device or a pipe is written directly.

    Raises:
        ValueError: ``path`` is a folder, or exists and ``force`` is false.
        OSError: it cannot be written; nothing of it is left.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file with -o")
    if path.exists() and not path.is_file():
        with _told(path, path):
            yield path
        return
    _free(path, force)
    beside = _beside(path)
    try:
        with _told(path, beside):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield beside
            beside.replace(path)
    finally:
        for left in path.parent.glob(f"{glob.escape(beside.name)}*"):  # a database has a log beside it
            left.unlink(missing_ok=True)


@contextmanager
def folder(path: Path, names: Iterable[str], force: bool) -> Iterator[Path]:
    """A folder to write the files ``names`` to; they are moved to ``path`` at the end.

    Raises:
        ValueError: ``path`` is a file, or has one of the files already and ``force`` is false.
        OSError: it cannot be written; nothing of it is left.
    """
    names = list(names)
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is a file: name a folder with -o")
    for name in names:
        _free(path / name, force)
    beside = _beside(path)
    try:
        with _told(path, beside):
            beside.mkdir(parents=True)
            yield beside
            path.mkdir(exist_ok=True)
            for name in names:
                (beside / name).replace(path / name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _free(path: Path, force: bool) -> None:
    for above in path.parents:
        if above.exists() and not above.is_dir():
            raise ValueError(f"{above} is a file, so nothing can be written below it: name another place with -o")
    if path.exists() and not force:
        raise ValueError(f"{path} exists: name another file with -o, or replace it with --force")


def _beside(path: Path) -> Path:
    whole = path.absolute()  # "." has no name
    return whole.with_name(f".{whole.name}.{os.getpid()}.part")


@contextmanager
def _told(path: Path, beside: Path) -> Iterator[None]:
    """Name ``path`` in an error about a file whose name nobody knows, or about none."""
    try:
        yield
    except OSError as problem:
        if problem.filename and str(beside) not in str(problem.filename):
            raise
        what = (problem.strerror or str(problem)).replace(str(beside), str(path))
        if problem.errno is None:
            raise OSError(f"{path}: {what}") from None
        raise OSError(problem.errno, what, str(path)) from None
