"""How often ``a < b`` for two vectors (n) of float32: the share as float32, shape ()."""

import torch

from .._contract import needs


def as_float(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The usual line: a mask of bytes, then the same as floats, four times as large, then their mean.

    MM-05.
    """
    return (a < b).float().mean()


def mean_of_mask(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The cast inside the reduction: the mask is never written as floats.

    MM-05.
    """
    return (a < b).mean(dtype=torch.float32)


def sum_of_mask(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A sum of booleans is one of int64.

    MM-05.
    """
    return (a < b).sum() / a.numel()


def count(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Count what is true, and divide once.

    MM-05.
    """
    return torch.count_nonzero(a < b) / a.numel()


@needs("cpu")
def numpy(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Numpy counts the bytes of a mask in vectors.

    MM-05.
    """
    import numpy as np

    return torch.tensor(np.count_nonzero(a.numpy() < b.numpy()) / a.numel(), dtype=torch.float32)
