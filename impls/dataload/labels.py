"""Which feature of a point is the largest, as a row of zeros with a single one.

Each variant takes ``x`` of shape (count, features) in float64, in which no row holds its maximum twice, and returns a
tensor of that shape in int64.
"""

import numpy as np
import torch
from torch.nn import functional

from .._contract import needs


@needs("cpu")
def numpy_equal(x: torch.Tensor) -> torch.Tensor:
    """As in the source: compare each number with its row's maximum. Of two equal maxima it would mark both.

    DL-04.
    """
    points = x.numpy()
    return torch.from_numpy((points == points.max(axis=1)[:, None]).astype(np.int64))


def equal(x: torch.Tensor) -> torch.Tensor:
    """The same in torch: maximum, comparison and conversion, each over the whole table.

    DL-04.
    """
    return (x == x.amax(dim=1, keepdim=True)).long()


def one_hot(x: torch.Tensor) -> torch.Tensor:
    """The place of the maximum, and the library's ``one_hot``: given the number of classes, or it would search for it.

    DL-04.
    """
    return functional.one_hot(x.argmax(dim=1), x.shape[1])


def eye(x: torch.Tensor) -> torch.Tensor:
    """The place of the maximum chooses a row of the identity.

    DL-04.
    """
    return torch.eye(x.shape[1], dtype=torch.int64, device=x.device).index_select(0, x.argmax(dim=1))


def scatter(x: torch.Tensor) -> torch.Tensor:
    """Zeros, and a one written to the place of each row's maximum.

    DL-04.
    """
    return torch.zeros_like(x, dtype=torch.int64).scatter_(1, x.argmax(dim=1, keepdim=True), 1)
