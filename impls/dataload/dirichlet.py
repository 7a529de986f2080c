"""Batches of a small table: points of a Dirichlet distribution and which of their features is the largest.

Each variant takes ``x`` of shape (length, feature) in float64, ``y`` of shape (length, feature) in int64 with a single
1 in each row, and ``batch_size``. It returns an iterable of ``(x, y)`` batches, float32 and int64 tensors of
``batch_size`` rows (the last may be shorter), that holds each sample once. All shuffle, but ``slicing``.
"""

from collections.abc import Iterable, Iterator

import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, TensorDataset

from .._contract import prepared
from ._workers import Forked, Persistent

Batch = tuple[torch.Tensor, torch.Tensor]


class _RandomData(Dataset):
    """The source's data set: numpy arrays, of which each sample makes two tensors."""

    def __init__(self, x: torch.Tensor, y: torch.Tensor):
        self.x, self.y = x.numpy(), y.numpy()

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> Batch:
        return torch.tensor(self.x[index], dtype=torch.float32), torch.tensor(self.y[index])


class _Tensors(Dataset):
    """Tensors made once; a sample, or whatever the index says, is a view or a gathered copy of them."""

    def __init__(self, x: torch.Tensor, y: torch.Tensor):
        self.x, self.y = x.float(), y

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int | list[int]) -> Batch:
        return self.x[index], self.y[index]


class _Batches(_Tensors):
    """The same, but the loader may ask for a whole batch at once."""

    def __getitems__(self, indices: list[int]) -> Batch:
        return self[indices]


def _as_it_is(batch: Batch) -> Batch:
    """Collate nothing: the data set handed out a batch already."""
    return batch


def per_sample(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Two tensors are built for each sample, and the batch stacks them: the arithmetic of a row is nothing beside it.

    DL-01: as in the source.
    """
    return DataLoader(_RandomData(x, y), batch_size, shuffle=True)


def workers_1(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """``per_sample`` in another process: starting it and sending batches costs more than making them.

    DL-02.
    """
    return Forked(_RandomData(x, y), batch_size, 1)


def workers_2(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Two processes halve the making of samples; the sending stays.

    DL-02.
    """
    return Forked(_RandomData(x, y), batch_size, 2)


def workers_4(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Four processes: each is one more to start and to join.

    DL-02.
    """
    return Forked(_RandomData(x, y), batch_size, 4)


def workers_2_prefetch_8(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Eight batches ahead for each worker, not two: a longer queue does not make the sending cheaper.

    DL-02.
    """
    return Forked(_RandomData(x, y), batch_size, 2, prefetch_factor=8)


@prepared
def persistent_2(x: torch.Tensor, y: torch.Tensor, batch_size: int):
    """Two workers that stay: the start and the joining are paid once, not in each epoch.

    DL-02.
    """
    return Persistent((x, y), _RandomData, batch_size, 2)


def convert_first(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Convert the whole table at the start: a sample is two views, the batch still stacks them.

    DL-01.
    """
    return DataLoader(_Tensors(x, y), batch_size, shuffle=True)


def tensor_dataset(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """The library's ``TensorDataset`` is the same, sample by sample: it does not fetch batches.

    DL-01.
    """
    return DataLoader(TensorDataset(x.float(), y), batch_size, shuffle=True)


def workers_2_getitems(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Workers that fetch whole batches: what is left is their start and the sending.

    DL-02.
    """
    return Forked(_Batches(x, y), batch_size, 2, collate_fn=_as_it_is)


def getitems(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """``__getitems__`` fetches a batch with two indexing operators; there is nothing left to stack.

    DL-01.
    """
    return DataLoader(_Batches(x, y), batch_size, shuffle=True, collate_fn=_as_it_is)


def batch_sampler(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """A sampler that yields lists of indices gives the same, without a method of its own.

    DL-01.
    """
    data = _Tensors(x, y)
    return DataLoader(data, sampler=BatchSampler(RandomSampler(data), batch_size, drop_last=False), batch_size=None)


def randperm(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """No loader: one permutation, cut into pieces that stay tensors.

    DL-01.
    """
    converted = x.float()
    for index in torch.randperm(len(x)).split(batch_size):
        yield converted.index_select(0, index), y.index_select(0, index)


def slicing(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """In order, a batch is two views: nothing is gathered.

    DL-01.
    """
    converted = x.float()
    for start in range(0, len(x), batch_size):
        yield converted[start : start + batch_size], y[start : start + batch_size]
