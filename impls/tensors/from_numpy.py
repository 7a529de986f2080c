"""An array as a tensor of the same type: ``array`` of shape (n,) in float32 becomes (n,) in float32.

The first three variants copy; the others return a tensor over the array's own memory.
"""

import numpy as np
import torch


def through_list(array: np.ndarray) -> torch.Tensor:
    """Every number becomes a Python object and a number again.

    TN-02.
    """
    return torch.tensor(array.tolist())


def tensor(array: np.ndarray) -> torch.Tensor:
    """``torch.tensor`` always copies.

    TN-02.
    """
    return torch.tensor(array)


def clone(array: np.ndarray) -> torch.Tensor:
    """Share first and copy then: the copy is the same, and written where it can be seen.

    TN-02.
    """
    return torch.from_numpy(array).clone()


def constructor(array: np.ndarray) -> torch.Tensor:
    """``torch.Tensor`` of a float32 array shares its memory, whatever the source says; of other types it copies.

    TN-02.
    """
    return torch.Tensor(array)


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """``torch.as_tensor`` shares if type and device allow it.

    TN-02.
    """
    return torch.as_tensor(array)


def from_dlpack(array: np.ndarray) -> torch.Tensor:
    """The protocol between libraries: the array hands over a capsule that describes its memory.

    TN-02.
    """
    return torch.from_dlpack(array)


def asarray(array: np.ndarray) -> torch.Tensor:
    """``torch.asarray`` shares if it can, unless it is told to copy.

    TN-02.
    """
    return torch.asarray(array)


def frombuffer(array: np.ndarray) -> torch.Tensor:
    """Only bytes are seen, so the type has to be said; any object with a buffer will do.

    TN-02.
    """
    return torch.frombuffer(array, dtype=torch.float32)


def from_numpy(array: np.ndarray) -> torch.Tensor:
    """``torch.from_numpy`` shares or raises: no copy can hide in it.

    TN-02.
    """
    return torch.from_numpy(array)
