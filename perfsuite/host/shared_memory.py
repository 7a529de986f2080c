"""Shared memory, through which DataLoader workers pass batches: how much there is, and how to detect that it is full.

No torch error names it: a worker dies of a bus error, a write finds no space on "the device", or all hang.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

FOLDER = Path("/dev/shm")
LOW = 1 << 16  # bytes: with less free space, no batch can be passed
# Messages of torch and Python when a file there cannot grow.
SIGNS = re.compile(
    r"out of shared memory|unable to (write|mmap|resize|open|allocate).*(torch_|shm|shared memory)"
    r"|No space left on device.*(shm|torch_)|(shm|torch_).*No space left on device",
    re.IGNORECASE | re.DOTALL,
)


def space(folder: Path = FOLDER) -> tuple[int, int] | None:
    """``(size, free)`` in bytes; ``None`` if the system has no such folder."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return usage.total, usage.free


def full(folder: Path = FOLDER) -> bool:
    """Whether there is too little left to pass batches."""
    told = space(folder)
    return told is not None and told[1] < LOW


def hint(text: str, folder: Path = FOLDER) -> str:
    """A hint for an error caused by full shared memory; empty for any other error."""
    return advice(folder) if SIGNS.search(text) else ""


def advice(folder: Path = FOLDER) -> str:
    """Advice on full shared memory, as one clause for a reason."""
    told = space(folder)
    size = f", {told[0] / 2**20:,.3g} MiB" if told else ""
    return f"shared memory is full ({folder}{size}): make it larger, or use fewer DataLoader workers"
