"""Batches of rows that are in memory already: a home-made loader of a few lines against the library's.

Each variant takes ``x`` of shape (length, width) in float32, ``y`` of shape (length,) in int64, and ``batch_size``. It
returns an iterable of ``(x, y)`` batches of ``batch_size`` rows (the last may be shorter) that holds each row once. The
variants named ``shuffled`` shuffle; the others keep the order.
"""

from collections.abc import Iterable, Iterator

import torch
from torch.utils.data import BatchSampler, DataLoader, SequentialSampler, TensorDataset

Batch = tuple[torch.Tensor, torch.Tensor]


def loader(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """The library's loader as it comes: it takes rows one by one and stacks them again.

    DL-07.
    """
    return DataLoader(TensorDataset(x, y), batch_size)


def collate(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """The same by hand, row by row: what is saved is the machinery, not the stacking.

    DL-07.
    """
    for start in range(0, len(x), batch_size):
        rows = [(x[i], y[i]) for i in range(start, min(start + batch_size, len(x)))]
        xs, ys = zip(*rows, strict=True)
        yield torch.stack(xs), torch.stack(ys)


def batch_sampler(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """The library's loader with a list of indices for each batch: two gathers in place of 64 rows and a stack.

    DL-07.
    """
    data = TensorDataset(x, y)
    return DataLoader(data, sampler=BatchSampler(SequentialSampler(data), batch_size, drop_last=False), batch_size=None)


def shuffled_index(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """A permutation cut into pieces, and general indexing with each of them.

    DL-07.
    """
    for index in torch.randperm(len(x), device=x.device).split(batch_size):
        yield x[index], y[index]


def shuffled_index_select(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """The same with ``index_select``, which copies whole rows.

    DL-07.
    """
    for index in torch.randperm(len(x), device=x.device).split(batch_size):
        yield x.index_select(0, index), y.index_select(0, index)


def shuffled_at_once(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """Permute everything, then cut: one big gather, a second copy of the data, and a first batch that waits for it.

    DL-07.
    """
    index = torch.randperm(len(x), device=x.device)
    yield from zip(x.index_select(0, index).split(batch_size), y.index_select(0, index).split(batch_size), strict=True)


def slicing_copy(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """Slices that are copied: the same bytes move as in the loaders, without their machinery.

    DL-07.
    """
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size].clone(), y[start : start + batch_size].clone()


def slicing(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """The home-made loader: a batch is a slice, and a slice copies nothing.

    DL-07.
    """
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size], y[start : start + batch_size]
