"""Mean and standard deviation of all pixels of a data set, as numbers from 0 to 1.

Each variant takes ``images`` of shape (length, height, width) in uint8 and returns a tensor of two numbers in float32:
the mean, and the standard deviation with ``n - 1`` in its denominator.
"""

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from .._contract import needs

CHUNK = 1000  # images that are converted at once


class _Items(Dataset):
    """Images one by one as torchvision's class hands them out: a PIL object, then a tensor."""

    def __init__(self, images: torch.Tensor):
        from PIL import Image
        from torchvision.transforms import ToTensor

        self.images, self.image_of, self.tensor_of = images, Image.fromarray, ToTensor()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.tensor_of(self.image_of(self.images[index].numpy()))


@needs("torchvision", "cpu")
def loader(images: torch.Tensor) -> torch.Tensor:
    """As in the source: a loader whose one batch is the whole set. Making items is the cost, not the mean.

    IM-02.
    """
    batch = next(iter(DataLoader(_Items(images), batch_size=len(images))))
    return torch.cat([batch.mean([0, 2, 3]), batch.std([0, 2, 3])])


def std_mean(images: torch.Tensor) -> torch.Tensor:
    """Both by one operator, which need not be faster than two.

    IM-02.
    """
    std, mean = torch.std_mean(images.float() / 255)
    return torch.stack([mean, std])


@needs("cpu")
def numpy_float(images: torch.Tensor) -> torch.Tensor:
    """The whole set in float32 by numpy: the standard deviation subtracts the mean from a second copy of it.

    IM-02.
    """
    x = images.numpy().astype(np.float32) / 255
    return torch.tensor([x.mean(dtype=np.float64), x.std(ddof=1, dtype=np.float64)], dtype=torch.float32)


def merged(images: torch.Tensor) -> torch.Tensor:
    """Chunk by chunk, and Chan's formula to put the parts together: no copy of the whole set.

    The mean of the chunks' standard deviations would be wrong: it forgets how far their means lie apart.

    IM-02.
    """
    count, mean, squares = 0, 0.0, 0.0
    for chunk in images.split(CHUNK):
        n = chunk.numel()
        variance, average = (part.double() for part in torch.var_mean(chunk.float() / 255, correction=0))
        apart = average - mean
        mean = mean + apart * n / (count + n)
        squares = squares + n * variance + apart**2 * count * n / (count + n)
        count += n
    return torch.stack([mean, (squares / (count - 1)).sqrt()]).float()


def whole(images: torch.Tensor) -> torch.Tensor:
    """Convert everything, then ask for the mean and for the standard deviation: four bytes a pixel, read twice.

    IM-02.
    """
    x = images.float() / 255
    return torch.stack([x.mean(), x.std()])


def sums(images: torch.Tensor) -> torch.Tensor:
    """Sums of the pixels and of their squares as whole numbers: exact, whatever the order.

    IM-02.
    """
    total = torch.zeros(2, dtype=torch.int64, device=images.device)
    for chunk in images.split(CHUNK):
        wide = chunk.int()
        total += torch.stack([wide.sum(), (wide * wide).sum()])
    first, second = total.double()
    n = images.numel()
    return (torch.stack([first / n, ((second - first**2 / n) / (n - 1)).sqrt()]) / 255).float()


def histogram(images: torch.Tensor) -> torch.Tensor:
    """A pixel has 256 values: count each, and nothing is left to convert. Exact.

    IM-02.
    """
    count = torch.bincount(images.flatten(), minlength=256).double()
    value, n = torch.arange(256, dtype=torch.float64, device=images.device) / 255, count.sum()
    mean = (count * value).sum() / n
    return torch.stack([mean, ((count * (value - mean) ** 2).sum() / (n - 1)).sqrt()]).float()
