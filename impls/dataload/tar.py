"""Batches of photographs from tar files: a stream without random access, and how workers share it.

Each variant takes ``folder``, in which ``all.tar`` holds the JPEG files ``00000.jpg`` and so on, ``part-0.tar`` the
even and ``part-1.tar`` the odd ones, and ``pixels.npy`` the same images decoded; ``labels`` of shape (length,) in
int64, one for each file in the order of their names; and ``batch_size``. It returns an iterable of ``(images, labels)``
batches, uint8 of shape (batch, 3, side, side) and int64, that holds each image once. ``shuffle_buffer``,
``offsets_2`` and ``array_file`` shuffle.
"""

import io
import os
import random
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, get_worker_info

from .._contract import needs, prepared
from ._workers import Forked

Sample = tuple[torch.Tensor, torch.Tensor]


def _load_decoders() -> None:
    """Have PIL ready before workers are forked: each would load its decoders anew."""
    from PIL import Image

    Image.preinit()


def _decoded(content: bytes) -> torch.Tensor:
    from PIL import Image

    return torch.from_numpy(np.array(Image.open(io.BytesIO(content)))).permute(2, 0, 1)


class _Stream(IterableDataset):
    """The files of a tar file in its order. Several workers take turns: one that ignores them reads everything."""

    def __init__(self, path: Path, labels: torch.Tensor):
        _load_decoders()
        self.path, self.labels = path, labels

    def __iter__(self) -> Iterator[Sample]:
        worker = get_worker_info()
        first, step = (worker.id, worker.num_workers) if worker else (0, 1)
        with tarfile.open(self.path) as tar:
            for at, member in enumerate(tar):
                if at % step == first:
                    yield _decoded(tar.extractfile(member).read()), self.labels[int(member.name[:5])]


class _Parts(_Stream):
    """A tar file for each worker: none reads the headers of another."""

    def __iter__(self) -> Iterator[Sample]:
        with tarfile.open(self.path / f"part-{get_worker_info().id}.tar") as tar:
            for member in tar:
                yield _decoded(tar.extractfile(member).read()), self.labels[int(member.name[:5])]


class _Buffered(_Stream):
    """A stream through a buffer, out of which samples are drawn at random."""

    def __iter__(self) -> Iterator[Sample]:
        held: list[Sample] = []
        for sample in super().__iter__():
            held.append(sample)
            if len(held) == 16:
                yield held.pop(random.randrange(16))
        random.shuffle(held)
        yield from held


class _Indexed(Dataset):
    """Where each file begins and how long it is, found once: the tar file can then be read in any order."""

    def __init__(self, path: Path, places: list[tuple[int, int]], labels: torch.Tensor):
        _load_decoders()
        self.path, self.places, self.labels = path, places, labels

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> Sample:
        offset, size = self.places[index]
        file = os.open(self.path, os.O_RDONLY)
        try:
            return _decoded(os.pread(file, size, offset)), self.labels[index]
        finally:
            os.close(file)


@needs("PIL")
def stream(folder: Path, labels: torch.Tensor, batch_size: int) -> Iterable[Sample]:
    """One process reads from the first file to the last.

    DL-06.
    """
    return DataLoader(_Stream(folder / "all.tar", labels), batch_size)


@needs("PIL")
def shuffle_buffer(folder: Path, labels: torch.Tensor, batch_size: int) -> Iterable[Sample]:
    """A buffer of 16 samples between the file and the batches: some disorder for some memory.

    DL-06.
    """
    return DataLoader(_Buffered(folder / "all.tar", labels), batch_size)


@needs("PIL")
def stride_2(folder: Path, labels: torch.Tensor, batch_size: int) -> Iterable[Sample]:
    """Two workers read all headers, and each decodes every second file: decoding is what is worth sharing.

    DL-06.
    """
    return Forked(_Stream(folder / "all.tar", labels), batch_size, 2, shuffle=None)


@needs("PIL")
def tar_per_worker_2(folder: Path, labels: torch.Tensor, batch_size: int) -> Iterable[Sample]:
    """The source's remedy: as many tar files as workers.

    DL-06.
    """
    return Forked(_Parts(folder, labels), batch_size, 2, shuffle=None)


@prepared
@needs("PIL")
def offsets_2(folder: Path, labels: torch.Tensor, batch_size: int):
    """With an index of the tar file there are numbers to share out: two workers, and a true shuffle.

    DL-06.
    """
    with tarfile.open(folder / "all.tar") as tar:
        places = [(member.offset_data, member.size) for member in tar]
    return lambda: Forked(_Indexed(folder / "all.tar", places, labels), batch_size, 2)


def array_file(folder: Path, labels: torch.Tensor, batch_size: int) -> Iterator[Sample]:
    """No archive and no decoder: the pixels in a file that is mapped.

    DL-06.
    """
    pixels = np.load(folder / "pixels.npy", mmap_mode="r")
    for index in torch.randperm(len(labels)).split(batch_size):
        yield torch.from_numpy(pixels[index.numpy()]), labels[index]
