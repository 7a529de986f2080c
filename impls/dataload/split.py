"""An epoch over a part of the data: the four fifths that are for training.

Each variant takes ``images`` of shape (length, height, width) in uint8; ``labels`` of shape (length,) in int64;
``train`` of shape (part,) in int64, the numbers of the images that are for training, in random order; and
``batch_size``. It returns an iterable of ``(images, labels)`` batches, float32 between 0 and 1 and int64, of
``batch_size`` images (the last may be shorter), that holds each image of the part once and no other. All shuffle.
"""

from collections.abc import Iterable, Iterator

import torch
from torch.utils.data import DataLoader, Dataset, Subset, SubsetRandomSampler

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


def sampler(images: torch.Tensor, labels: torch.Tensor, train: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """The whole data set, and a sampler that deals out the part's numbers.

    DL-08.
    """
    return DataLoader(_PerSample(images, labels), batch_size, sampler=SubsetRandomSampler(train.tolist()))


def subset(images: torch.Tensor, labels: torch.Tensor, train: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """What ``random_split`` makes: a data set that looks each number up in a list and asks the other one.

    DL-08.
    """
    return DataLoader(Subset(_PerSample(images, labels), train.tolist()), batch_size, shuffle=True)


def copied(images: torch.Tensor, labels: torch.Tensor, train: torch.Tensor, batch_size: int) -> Iterable[Batch]:
    """Cut the part out first: no look-up is left, and the memory is that of a second copy.

    DL-08.
    """
    return DataLoader(_PerSample(images[train], labels[train]), batch_size, shuffle=True)


def subset_getitems(
    images: torch.Tensor, labels: torch.Tensor, train: torch.Tensor, batch_size: int
) -> Iterable[Batch]:
    """A subset hands on the question for a whole batch, where the data set below can answer it.

    DL-08.
    """
    data = Subset(_Batches(images, labels), train.tolist())
    return DataLoader(data, batch_size, shuffle=True, collate_fn=_as_it_is)


def index(images: torch.Tensor, labels: torch.Tensor, train: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """No data set and no loader: shuffle the numbers and gather by pieces of them.

    DL-08.
    """
    for some in train[torch.randperm(len(train))].split(batch_size):
        yield images.index_select(0, some).float() / 255, labels.index_select(0, some)
