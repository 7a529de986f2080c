"""An array as a tensor of another dtype: ``array`` of shape (n,) in int64 becomes (n,) in float32.

No variant can share the array's memory: the numbers have to be written anew. How often is the question.
"""

import numpy as np
import torch

from .._contract import prepared


def tensor_float(array: np.ndarray) -> torch.Tensor:
    """Copy, then convert: everything is written twice.

    TN-02.
    """
    return torch.tensor(array).float()


def astype(array: np.ndarray) -> torch.Tensor:
    """Let numpy convert, and share the result.

    TN-02.
    """
    return torch.from_numpy(array.astype(np.float32))


def constructor(array: np.ndarray) -> torch.Tensor:
    """``torch.Tensor`` converts to float32 without being asked, and so has to copy: all that the source's example saw.

    TN-02.
    """
    return torch.Tensor(array)


def tensor(array: np.ndarray) -> torch.Tensor:
    """``torch.tensor`` told the type.

    TN-02.
    """
    return torch.tensor(array, dtype=torch.float32)


def from_numpy(array: np.ndarray) -> torch.Tensor:
    """Share, then convert: one pass over the array.

    TN-02.
    """
    return torch.from_numpy(array).float()


@prepared
def into(array: np.ndarray):
    """The same into a tensor made before: a conversion is a copy between types.

    TN-02.
    """
    out = torch.empty(len(array))
    return lambda: out.copy_(torch.from_numpy(array))
