"""FashionMNIST out of torchvision's class: from the bytes of a file to normalised batches.

Each variant takes ``root``, the folder that torchvision's class takes; ``wanted`` of shape (length,) in int64, numbers
of training images; and ``batch_size``. It returns an iterable of ``(images, labels)`` batches in the order of
``wanted``, float32 of shape (batch, 1, 28, 28) and int64, on the device of ``wanted``. All but ``mapped`` read the
files before the clock.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Subset

from .._contract import needs, prepared

MEAN, STD = 0.2860, 0.3530
Batch = tuple[torch.Tensor, torch.Tensor]


def _normalised(images: torch.Tensor) -> torch.Tensor:
    """Any number of images in uint8, normalised; one channel is added."""
    return ((images.float() / 255 - MEAN) / STD).unsqueeze(-3)


class _Tensors(Dataset):
    """The class's tensors without the class: no image object is made."""

    def __init__(self, data: Dataset):
        self.images, self.labels = data.data, data.targets

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Batch:
        return _normalised(self.images[index]), self.labels[index]


class _Batches(_Tensors):
    """The same, but the loader may ask for a whole batch at once."""

    def __getitems__(self, indices: list[int]) -> Batch:
        return _normalised(self.images[indices]), self.labels[indices]


def _as_it_is(batch: Batch) -> Batch:
    """Collate nothing: the data set handed out a batch already."""
    return batch


def _epochs(
    data: Dataset, wanted: torch.Tensor, batch_size: int, collate: Callable | None = None
) -> Callable[[], Iterable[Batch]]:
    """What makes a loader over the wanted images, as they are numbered at that moment."""
    return lambda: DataLoader(Subset(data, wanted.tolist()), batch_size, collate_fn=collate)


@prepared
@needs("torchvision", "cpu")
def transforms_v1(root: Path, wanted: torch.Tensor, batch_size: int):
    """As in the source: each image becomes a PIL object, then a tensor, then it is normalised, and batches are stacked.

    IM-01.
    """
    from torchvision import datasets, transforms

    change = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])
    return _epochs(datasets.FashionMNIST(root, transform=change), wanted, batch_size)


@prepared
@needs("torchvision", "cpu")
def transforms_v2(root: Path, wanted: torch.Tensor, batch_size: int):
    """The second version of the transforms, still image by image: more general, and not cheaper for small ones.

    IM-01.
    """
    from torchvision import datasets
    from torchvision.transforms import v2

    steps = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize((MEAN,), (STD,))]
    return _epochs(datasets.FashionMNIST(root, transform=v2.Compose(steps)), wanted, batch_size)


@prepared
@needs("torchvision", "cpu")
def no_image_objects(root: Path, wanted: torch.Tensor, batch_size: int):
    """Leave PIL out: the class holds tensors already, and four operators normalise one.

    IM-01.
    """
    from torchvision import datasets

    return _epochs(_Tensors(datasets.FashionMNIST(root)), wanted, batch_size)


@prepared
@needs("torchvision", "cpu")
def getitems(root: Path, wanted: torch.Tensor, batch_size: int):
    """Normalise a batch at a time: the same operators once for 32 images.

    IM-01.
    """
    from torchvision import datasets

    return _epochs(_Batches(datasets.FashionMNIST(root)), wanted, batch_size, _as_it_is)


def mapped(root: Path, wanted: torch.Tensor, batch_size: int) -> Iterator[Batch]:
    """No class: the file is mapped, and only the wanted images are read from it.

    IM-01.
    """
    raw = Path(root, "FashionMNIST", "raw")
    images = np.memmap(raw / "train-images-idx3-ubyte", np.uint8, "r", offset=16).reshape(-1, 28, 28)
    labels = np.memmap(raw / "train-labels-idx1-ubyte", np.uint8, "r", offset=8)
    for some in wanted.cpu().split(batch_size):
        x, y = torch.from_numpy(images[some.numpy()]), torch.from_numpy(labels[some.numpy()])
        yield _normalised(x.to(wanted.device)), y.to(wanted.device).long()


@prepared
@needs("torchvision")
def gathered(root: Path, wanted: torch.Tensor, batch_size: int):
    """No loader: gather the bytes of a batch, where they lie, and normalise them together.

    IM-01.
    """
    from torchvision import datasets

    data = datasets.FashionMNIST(root)
    images, labels = data.data.to(wanted.device), data.targets.to(wanted.device)

    def epoch() -> Iterator[Batch]:
        for some in wanted.split(batch_size):
            yield _normalised(images.index_select(0, some)), labels.index_select(0, some)

    return epoch


@prepared
@needs("torchvision")
def normalised_first(root: Path, wanted: torch.Tensor, batch_size: int):
    """Normalise all 60000 before the clock: four times the memory, and a batch is a gather.

    IM-01.
    """
    from torchvision import datasets

    data = datasets.FashionMNIST(root)
    images, labels = _normalised(data.data.to(wanted.device)), data.targets.to(wanted.device)

    def epoch() -> Iterator[Batch]:
        for some in wanted.split(batch_size):
            yield images.index_select(0, some), labels.index_select(0, some)

    return epoch
