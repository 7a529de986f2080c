"""A copy within one memory: ``x`` (n,), float32. In the host it is what a transfer costs where there is no bus."""

import numpy as np
import torch

from .._contract import needs, prepared

PIECE = 1000


def in_pieces(x: torch.Tensor) -> torch.Tensor:
    """A thousand numbers at a time: the calls cost more than the bytes.

    TX-01, TX-04.
    """
    copy = torch.empty_like(x)
    for source, target in zip(x.split(PIECE), copy.split(PIECE), strict=True):
        target.copy_(source)
    return copy


def clone(x: torch.Tensor) -> torch.Tensor:
    """``clone``: new memory and a copy; from some size on the system has to clear its pages first.

    TX-01, TX-04.
    """
    return x.clone()


@needs("cpu")
def numpy_copy(x: torch.Tensor) -> torch.Tensor:
    """The same by numpy, which asks for its memory in another way.

    TX-04.
    """
    return torch.from_numpy(x.numpy().copy())


@prepared
@needs("cpu")
def numpy_into(x: torch.Tensor):
    """Into an array that is there already.

    TX-04.
    """
    copy = np.empty(x.shape, np.float32)
    handed = torch.from_numpy(copy)

    def run() -> torch.Tensor:
        np.copyto(copy, x.numpy())
        return handed

    return run


@prepared
def into(x: torch.Tensor):
    """``copy_`` into a tensor that is there already: nothing but reading and writing.

    TX-01, TX-04. STREAM's first kernel.
    """
    copy = torch.empty_like(x)
    copy.fill_(0)
    return lambda: copy.copy_(x)
