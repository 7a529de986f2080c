"""The bytes of many small files, out of several kinds of containers; nothing is decoded.

Each variant takes ``folder``, in which ``jpeg`` holds the files and ``all.tar`` and ``all.zip`` hold all of them, and
``labels`` of shape (length,) in int64, one for each file in the order of their names. It returns an iterable of
``(bytes, label)``, uint8 and int64, file after file. All is in the system's page cache: no time is a disk's.
"""

import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from .._contract import prepared

Item = tuple[torch.Tensor, torch.Tensor]


def _tensor(content: bytes) -> torch.Tensor:
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)


def tar_stream(folder: Path, labels: torch.Tensor) -> Iterator[Item]:
    """``tarfile`` from the first file to the last: it reads each header in Python, in the loop.

    DL-06.
    """
    with tarfile.open(folder / "all.tar") as tar:
        for member, label in zip(tar, labels, strict=True):
            yield _tensor(tar.extractfile(member).read()), label


def tar_by_name(folder: Path, labels: torch.Tensor) -> Iterator[Item]:
    """The same by names: the first question reads all headers, and each one goes through a list of them.

    DL-06.
    """
    with tarfile.open(folder / "all.tar") as tar:
        for at, label in enumerate(labels):
            yield _tensor(tar.extractfile(f"{at:05}.jpg").read()), label


def zip_by_name(folder: Path, labels: torch.Tensor) -> Iterator[Item]:
    """A zip file has its index at its end: any file can be asked for, and its checksum is looked at.

    DL-06.
    """
    with zipfile.ZipFile(folder / "all.zip") as archive:
        for at, label in enumerate(labels):
            yield _tensor(archive.read(f"{at:05}.jpg")), label


def directory(folder: Path, labels: torch.Tensor) -> Iterator[Item]:
    """A file for each: the system looks the name up, opens, reads and closes.

    DL-06, DL-05.
    """
    for at, label in enumerate(labels):
        yield _tensor((folder / "jpeg" / f"{at:05}.jpg").read_bytes()), label


@prepared
def tar_offsets(folder: Path, labels: torch.Tensor):
    """The tar file with an index made before: one system call for each file, at its place.

    DL-06.
    """
    with tarfile.open(folder / "all.tar") as tar:
        places = [(member.size, member.offset_data) for member in tar]

    def read() -> Iterator[Item]:
        file = os.open(folder / "all.tar", os.O_RDONLY)
        try:
            for place, label in zip(places, labels, strict=True):
                yield _tensor(os.pread(file, *place)), label
        finally:
            os.close(file)

    return read


@prepared
def tar_mapped(folder: Path, labels: torch.Tensor):
    """The tar file as memory: a file is a view of it, and nothing is read before somebody looks.

    DL-06.
    """
    with tarfile.open(folder / "all.tar") as tar:
        places = [slice(member.offset_data, member.offset_data + member.size) for member in tar]

    def read() -> Iterator[Item]:
        whole = torch.from_numpy(np.memmap(folder / "all.tar", np.uint8, mode="c"))
        for place, label in zip(places, labels, strict=True):
            yield whole[place], label

    return read
