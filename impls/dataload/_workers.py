"""Loaders with worker processes: how they are started, kept and shut down. The variants are in the other files.

Workers are forked: they see the data without a copy and start in milliseconds. Forking is no longer the default of
Python 3.14, so it is asked for by name.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence

import torch
from torch.utils.data import DataLoader, Dataset


def forked(dataset: Dataset, batch_size: int, workers: int, **options) -> Iterator:
    """One shuffled epoch from ``workers`` processes, which are started at its first batch and joined after its last."""
    return _quiet(DataLoader(dataset, batch_size, shuffle=True, **_WORKERS, num_workers=0, **options), workers)


class Persistent:
    """A loader whose workers outlive the epoch: each call returns one epoch, ``close`` shuts them down.

    The workers read from shared memory, where each call copies the data: what they hold must not grow stale.
    """

    def __init__(self, data: Sequence, dataset: Callable[..., Dataset], batch_size: int, workers: int, **options):
        self._data = [torch.as_tensor(part) for part in data]
        self._shared = [part.clone().share_memory_() for part in self._data]
