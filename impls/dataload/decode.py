"""Batches of thumbnails from compressed images: here a sample is real work, and worker processes have much to share.

Each variant takes ``packed`` of shape (length, room) in uint8, of which row i holds a zlib stream of ``sizes[i]``
bytes: a square image in three planes. It also takes ``labels`` of shape (length,) in int64, and ``batch_size``. It
returns an iterable of ``(thumbnails, labels)`` batches, float32 between 0 and 1 and int64: the means of 8 x 8 pixels,
``batch_size`` images in each batch (the last may be shorter), each image once. All shuffle.
"""

import math
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, default_collate

from .._contract import prepared
from ._workers import Forked, Persistent

Batch = tuple[torch.Tensor, torch.Tensor]


class _Images(Dataset):
    """One image at a time, decoded when it is asked for."""

    def __init__(self, packed: torch.Tensor, sizes: torch.Tensor, labels: torch.Tensor):
        self.packed, self.sizes, self.labels = packed, sizes, labels

    def __len__(self) -> int:
        return len(self.packed)

    def __getitem__(self, index: int) -> Batch:
        stream = self.packed[index, : self.sizes[index]].numpy()
        pixels = np.frombuffer(zlib.decompress(stream), np.uint8).astype(np.float32)
        side = math.isqrt(len(pixels) // 3)
        image = torch.from_numpy(pixels).view(3, side, side)
        return functional.avg_pool2d(image, 8) / 255, self.labels[index]


def per_sample(packed: torch.Tensor, sizes: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """One process decodes image after image.

    DL-02.
    """
    return DataLoader(_Images(packed, sizes, labels), batch_size, shuffle=True)


def workers_1(packed: torch.Tensor, sizes: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Another process decodes while this one has nothing else to do: no gain without a training step beside it.

    DL-02.
    """
    return Forked(_Images(packed, sizes, labels), batch_size, 1)


def workers_2(packed: torch.Tensor, sizes: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Two processes decode: from some length on, what they share exceeds what they cost.

    DL-02.
    """
    return Forked(_Images(packed, sizes, labels), batch_size, 2)


def workers_4(packed: torch.Tensor, sizes: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Four processes decode: worth it where there are four cores.

    DL-02.
    """
    return Forked(_Images(packed, sizes, labels), batch_size, 4)


@prepared
def persistent_2(packed: torch.Tensor, sizes: torch.Tensor, labels: torch.Tensor, batch_size: int):
    """Two workers that stay: the start and the joining are paid once, not in each epoch.

    DL-02.
    """
    return Persistent((packed, sizes, labels), _Images, batch_size, 2)


def threads_2(packed: torch.Tensor, sizes: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """Two threads: the decoder lets go of the interpreter's lock, and nothing has to be sent.

    DL-02.
    """
    images = _Images(packed, sizes, labels)
    with ThreadPoolExecutor(2) as pool:
        batches = torch.randperm(len(images)).split(batch_size)
        yield from pool.map(lambda batch: default_collate([images[i] for i in batch.tolist()]), batches)
