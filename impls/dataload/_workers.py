"""Loaders with worker processes: how they are started, kept and shut down. The variants are in the other files."""

from collections.abc import Callable, Sequence

import torch
from torch.utils.data import DataLoader, Dataset


class Forked(DataLoader):
    """A loader, shuffling by default, whose workers are forked: they see the data without a copy and start at once.

    Forking is asked for by name because it is no longer the default of Python 3.14.
    """

    def __init__(self, dataset: Dataset, batch_size: int, workers: int, shuffle: bool | None = True, **options):
        super().__init__(
            dataset, batch_size, shuffle=shuffle, num_workers=workers, multiprocessing_context="fork", **options
        )

    def check_worker_number_rationality(self) -> None:
        """Say nothing: more workers than cores are what some variants are about."""


class Persistent:
    """A loader whose workers outlive the epoch: each call returns it for one more, ``close`` shuts them down.

    The workers read from shared memory, into which each call copies the data: a forked copy would grow stale.
    """

    def __init__(self, data: Sequence, dataset: Callable[..., Dataset], batch_size: int, workers: int, **options):
        self._data = [torch.as_tensor(part) for part in data]
        self._shared = [part.clone().share_memory_() for part in self._data]
        self._loader = Forked(dataset(*self._shared), batch_size, workers, persistent_workers=True, **options)

    def __call__(self) -> DataLoader:
        """The loader, for one epoch of the data as they are now."""
        for shared, part in zip(self._shared, self._data, strict=True):
            shared.copy_(part)
        return self._loader

    def close(self) -> None:
        """Shut the workers down, if any were started."""
        if self._loader._iterator is not None:
            self._loader._iterator._shutdown_workers()
            self._loader._iterator = None
