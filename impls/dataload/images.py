"""Batches of small images: uint8 pixels become float32 between 0 and 1 on the way.

Each variant takes ``images`` of shape (length, height, width) in uint8, ``labels`` of shape (length,) in int64, and
``batch_size``. It returns an iterable of ``(images, labels)`` batches, float32 and int64, of ``batch_size`` images (the
last may be shorter), that holds each image once. All shuffle, but ``slicing`` and ``convert_first``.
"""

from collections.abc import Iterable, Iterator

import torch
from torch.utils.data import DataLoader, Dataset

from .._contract import prepared
from ._workers import Forked, Persistent

Batch = tuple[torch.Tensor, torch.Tensor]


class _PerSample(Dataset):
    """One image at a time, converted when it is asked for."""

    def __init__(self, images: torch.Tensor, labels: torch.Tensor):
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Batch:
        return self.images[index].float() / 255, self.labels[index]


class _Batches(_PerSample):
    """The same, but the loader may ask for a whole batch at once."""

    def __getitems__(self, indices: list[int]) -> Batch:
        return self.images[indices].float() / 255, self.labels[indices]


def _as_it_is(batch: Batch) -> Batch:
    """Collate nothing: the data set handed out a batch already."""
    return batch


def per_sample(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Each image is converted alone: four operators for 784 pixels, then a copy into the batch.

    DL-02.
    """
    return DataLoader(_PerSample(images, labels), batch_size, shuffle=True)


def workers_1(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """``per_sample`` in another process: four bytes for each pixel have to come back.

    DL-02.
    """
    return Forked(_PerSample(images, labels), batch_size, 1)


def workers_2(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Two processes convert, one receives.

    DL-02.
    """
    return Forked(_PerSample(images, labels), batch_size, 2)


def workers_4(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Four processes: each is one more to start and to join.

    DL-02.
    """
    return Forked(_PerSample(images, labels), batch_size, 4)


@prepared
def persistent_2(images: torch.Tensor, labels: torch.Tensor, batch_size: int):
    """Two workers that stay: the start and the joining are paid once, not in each epoch.

    DL-02.
    """
    return Persistent((images, labels), _PerSample, batch_size, 2)


def workers_2_getitems(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Workers that convert whole batches: what is left is their start and the sending.

    DL-02.
    """
    return Forked(_Batches(images, labels), batch_size, 2, collate_fn=_as_it_is)


def getitems(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """``__getitems__``: gather the bytes of a batch, convert them together.

    DL-02.
    """
    return DataLoader(_Batches(images, labels), batch_size, shuffle=True, collate_fn=_as_it_is)


def randperm(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """No loader: one permutation, cut into pieces that stay tensors.

    DL-02.
    """
    for index in torch.randperm(len(images)).split(batch_size):
        yield images.index_select(0, index).float() / 255, labels.index_select(0, index)


def slicing(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """In order, the bytes of a batch lie together: only the conversion is left.

    DL-02.
    """
    for start in range(0, len(images), batch_size):
        yield images[start : start + batch_size].float() / 255, labels[start : start + batch_size]


def convert_first(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """Convert everything, then hand out views: the first batch waits for all, and memory holds four times the bytes.

    DL-02.
    """
    converted = images.float() / 255
    yield from zip(converted.split(batch_size), labels.split(batch_size), strict=True)
