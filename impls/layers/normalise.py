"""``(x - mean) / deviation`` of a whole data set with two numbers for all of it.

Each variant takes ``x`` (rows, 784) and ``mean`` and ``deviation``, shape (), in float32, and returns (rows, 784).
"""

import torch

from .._contract import needs


@needs("torchvision")
def torchvision(x: torch.Tensor, mean: torch.Tensor, deviation: torch.Tensor) -> torch.Tensor:
    """The transform for images, on all of them at once: a copy, and both steps in place on it.

    LY-09.
    """
    from torchvision.transforms.functional import normalize

    return normalize(x.view(-1, 1, 28, 28), [mean.item()], [deviation.item()]).view_as(x)


def two_operators(x: torch.Tensor, mean: torch.Tensor, deviation: torch.Tensor) -> torch.Tensor:
    """As it is written: a temporary as large as the set, and an answer as large again.

    LY-09.
    """
    return (x - mean) / deviation


def in_place(x: torch.Tensor, mean: torch.Tensor, deviation: torch.Tensor) -> torch.Tensor:
    """Divide the difference where it lies: one allocation less.

    LY-09.
    """
    return (x - mean).div_(deviation)


def scale_and_shift(x: torch.Tensor, mean: torch.Tensor, deviation: torch.Tensor) -> torch.Tensor:
    """One product and one sum in a single pass, with the two numbers combined before: the last digit may differ.

    LY-09.
    """
    scale = deviation.reciprocal()
    return torch.addcmul(-mean * scale, x, scale)
