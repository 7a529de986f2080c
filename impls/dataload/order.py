"""In which order an epoch goes through the data, and what drawing and following that order costs.

Each variant takes ``images`` of shape (length, width) in uint8, ``labels`` of shape (length,) in int64, and
``batch_size``. It returns an iterable of ``(images, labels)`` batches of ``batch_size`` rows (the last may be shorter)
that holds each row once, as copies. All shuffle, but ``sequential`` and ``slices``.
"""

from collections.abc import Iterable, Iterator

import torch
from torch.utils.data import BatchSampler, DistributedSampler, RandomSampler, SequentialSampler, SubsetRandomSampler

Batch = tuple[torch.Tensor, torch.Tensor]


def _fetch(images: torch.Tensor, labels: torch.Tensor, sampler: Iterable[int], batch_size: int) -> Iterator[Batch]:
    """The batches of a sampler of the library, which deals out one index after another."""
    for indices in BatchSampler(sampler, batch_size, drop_last=False):
        yield images[indices], labels[indices]


def distributed(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """The sampler for several machines, here with one: a permutation that all of them know.

    It comes from a seed and the number of the epoch: without ``set_epoch`` the order is the same in each.

    DL-03.
    """
    return _fetch(images, labels, DistributedSampler(range(len(images)), num_replicas=1, rank=0), batch_size)


def subset_random(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """A sampler over a list of indices, which may be a part of the data: here it holds them all.

    DL-03.
    """
    return _fetch(images, labels, SubsetRandomSampler(list(range(len(images)))), batch_size)


def random_sampler(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """What ``shuffle=True`` makes: a permutation that becomes Python numbers, then lists, then tensors again.

    DL-03.
    """
    return _fetch(images, labels, RandomSampler(range(len(images))), batch_size)


def sequential(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """What ``shuffle=False`` makes: no permutation, but the lists of indices stay.

    DL-03.
    """
    return _fetch(images, labels, SequentialSampler(range(len(images))), batch_size)


def randperm(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """A permutation that stays a tensor: nothing is left of the sampler but ``randperm`` and ``split``.

    DL-03.
    """
    for index in torch.randperm(len(images)).split(batch_size):
        yield images.index_select(0, index), labels.index_select(0, index)


def sorted_batches(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """The same batches, each in the order of memory: within a batch the order is free, so it can serve the cache.

    DL-03.
    """
    for index in torch.randperm(len(images)).split(batch_size):
        index = index.sort().values
        yield images.index_select(0, index), labels.index_select(0, index)


def blocks(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """Shuffle blocks of eight neighbours: longer runs of memory, but neighbours stay together.

    DL-03.
    """
    starts = 8 * torch.randperm((len(images) + 7) // 8)
    order = (starts[:, None] + torch.arange(8)).flatten()
    for index in order[order < len(images)].split(batch_size):
        yield images.index_select(0, index), labels.index_select(0, index)


def slices(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """No order at all: a batch is one run of memory, copied.

    DL-03.
    """
    for start in range(0, len(images), batch_size):
        yield images[start : start + batch_size].clone(), labels[start : start + batch_size].clone()
