"""Writers that live for one call: opened in a folder of their own, closed, read back as bytes, removed.

All of that is inside the clock, for a log that is not closed is not written. What it costs without a single entry is
in the variants that log next to nothing, and the cost of an entry in the slope over their number.
"""

import functools
import itertools
import struct
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch

DISK = "/var/tmp" if Path("/var/tmp").is_dir() else None  # /tmp lies in memory on many systems
MEMORY = "/dev/shm"


def logged(write: Callable, place: str | None = DISK, **options) -> torch.Tensor:
    """The events that ``write(writer)`` leaves with a ``SummaryWriter``, uint8: the bytes of its files, joined."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as problem:
        raise NotImplementedError(f"needs tensorboard: {problem}") from problem

    def leave(folder: str) -> None:
        with SummaryWriter(folder, **options) as writer:
            write(writer)

    return left(leave, place)


def left(leave: Callable[[str], object], place: str | None = DISK) -> torch.Tensor:
    """The bytes of all files that ``leave(folder)`` writes, joined in the order of their names, uint8."""
    if place == MEMORY and not Path(MEMORY).is_dir():
        raise NotImplementedError(f"needs {MEMORY}")
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as folder:
        leave(folder)
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return torch.frombuffer(bytearray(b"".join(path.read_bytes() for path in files)), dtype=torch.uint8)


def event(summary, step: int = 0) -> bytes:
    """One entry as it stands in a file, for the step ``step``."""
    from tensorboard.compat.proto.event_pb2 import Event

    return Event(summary=summary, step=step, wall_time=time.time()).SerializeToString()


def by_hand(entries: Iterable[bytes], checksum: Callable[[bytes], int]) -> torch.Tensor:
    """The events of a file written without a writer: opened once, no queue, no thread.

    A record is its length, the length's checksum, the content, and its checksum; the first tells the format's version.
    """
    from tensorboard.compat.proto.event_pb2 import Event

    version = Event(file_version="brain.Event:2", wall_time=time.time()).SerializeToString()

    def leave(folder: str) -> None:
        with Path(folder, "events").open("wb") as opened:
            for content in itertools.chain([version], entries):
                length = struct.pack("<Q", len(content))
                sums = struct.pack("<I", checksum(length)), struct.pack("<I", checksum(content))
                opened.write(length + sums[0] + content + sums[1])

    return left(leave)


@functools.cache
def compiled_checksum() -> Callable[[bytes], int]:
    """The masked CRC-32C of event files, compiled; TensorBoard's own goes byte by byte through Python.

    Raises:
        NotImplementedError: numba is missing.
    """
    try:
        import numpy as np
        from numba import njit
    except ImportError as problem:
        raise NotImplementedError(f"needs numba: {problem}") from problem
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import CRC_TABLE

    table = np.array(CRC_TABLE, np.uint32)

    @njit(cache=True)
    def crc(content, table):  # pragma: no cover
        value = np.uint32(0xFFFFFFFF)
        for byte in content:
            value = table[(value ^ byte) & np.uint32(0xFF)] ^ (value >> np.uint32(8))
        return value ^ np.uint32(0xFFFFFFFF)

    def masked(content: bytes) -> int:
        value = int(crc(np.frombuffer(content, np.uint8), table))
        return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF

    masked(b"compile")
    return masked
