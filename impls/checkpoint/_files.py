"""What the variants share: names of tensors, reading every page, dropping pages, folders of their own."""

import ctypes
import mmap
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

Tensors = list[torch.Tensor]
DISK = "/var/tmp" if Path("/var/tmp").is_dir() else None  # /tmp lies in memory on many systems
MEMORY = "/dev/shm"


def named(tensors: Tensors) -> dict[str, torch.Tensor]:
    """The tensors as a state: their numbers are their names."""
    return {f"{number:04}": tensor for number, tensor in enumerate(tensors)}


def touched(tensors) -> Tensors:
    """The tensors as a list, every number of them read once, as a first forward pass does.

    A mapped file is read page by page when somebody asks for a number of it: without this, a loader would be fast for
    what it leaves to others.
    """
    tensors = list(tensors)
    torch._foreach_max(tensors)
    return tensors


def path_of(folder: str, which: torch.Tensor, suffix: str) -> str:
    """The file of checkpoint number ``which``."""
    return f"{folder}/{int(which)}{suffix}"


def drop(path: str) -> None:
    """Drop the pages of a file from the page cache; those that are not yet on disk stay."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(opened)


def resident(path: str) -> int:
    """How many pages of a file lie in the page cache."""
    with Path(path).open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
        pages = (ctypes.c_ubyte * (-(-len(mapped) // mmap.PAGESIZE)))()
        start = ctypes.c_char.from_buffer(mapped)
        failed = ctypes.CDLL(None, use_errno=True).mincore(
            ctypes.c_void_p(ctypes.addressof(start)), ctypes.c_size_t(len(mapped)), pages
        )
        del start
        if failed:
            raise OSError(ctypes.get_errno(), "mincore")
        return sum(page & 1 for page in pages)


def droppable(path: str) -> None:
    """Write a file out, drop its pages, and see that they are gone.

    Raises:
        NotImplementedError: this system or its file system keeps them.
    """
    try:
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
        drop(path)
        left = resident(path)
    except (OSError, AttributeError) as problem:
        raise NotImplementedError(f"needs posix_fadvise and mincore: {problem}") from problem
    if left:
        raise NotImplementedError("needs a file system that drops a file's pages when it is asked to")


class Written:
    """Calls ``save(tensors, path)`` with a new file in a folder of its own; returns the file's bytes, mapped, not read.

    The file of the call before is deleted first, as no epoch overwrites the last one's checkpoint; ``close`` removes
    the folder.
    """

    def __init__(self, save: Callable[[Tensors, str], object], tensors: Tensors, place: str | None = DISK):
        if place == MEMORY and not Path(MEMORY).is_dir():
            raise NotImplementedError(f"needs {MEMORY}")
        self._folder = tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True)
        self._path = f"{self._folder.name}/checkpoint"
        self._save, self._tensors = save, tensors

    def __call__(self) -> torch.Tensor:
        """The bytes of a new file, uint8."""
        Path(self._path).unlink(missing_ok=True)
        self._save(self._tensors, self._path)
        return torch.from_file(self._path, size=Path(self._path).stat().st_size, dtype=torch.uint8)

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()
