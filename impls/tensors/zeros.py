"""A tensor of zeros that is used: one number of ``x`` is written into each of its pages.

Each variant takes ``x`` of shape (pages,) in float32 and returns (pages * 1024,) in float32: zeros, and ``x`` at every
1024th place. Memory that nobody has touched costs nothing yet, so a factory alone would be timed too fast: one write
into each page of 4096 bytes makes the system hand it over.
"""

import torch

from .._contract import needs, prepared

PAGE = 1024  # float32 in 4096 bytes


def _used(zeros: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    zeros[::PAGE] = x
    return zeros


def from_list(x: torch.Tensor) -> torch.Tensor:
    """A Python list of zeros, turned into a tensor element by element.

    TN-01.
    """
    return _used(torch.tensor([0.0] * (len(x) * PAGE), device=x.device), x)


@needs("cuda")
def moved(x: torch.Tensor) -> torch.Tensor:
    """Made in the host's memory and then sent: every zero crosses the bus.

    TN-01.
    """
    return _used(torch.zeros(len(x) * PAGE).to(x.device), x)


def empty_zero(x: torch.Tensor) -> torch.Tensor:
    """Uninitialised memory, then cleared: the two operators that ``zeros`` is made of.

    TN-01.
    """
    return _used(torch.empty(len(x) * PAGE, device=x.device).zero_(), x)


def zeros(x: torch.Tensor) -> torch.Tensor:
    """``torch.zeros`` on the device where it is wanted: fresh pages are cleared twice, by the system and by torch.

    TN-01.
    """
    return _used(torch.zeros(len(x) * PAGE, device=x.device), x)


@needs("cpu")
def numpy(x: torch.Tensor) -> torch.Tensor:
    """The zeros of numpy are memory that is zero already (calloc): the system clears a fresh page when it is used.

    TN-01.
    """
    import numpy as np

    return _used(torch.from_numpy(np.zeros(len(x) * PAGE, np.float32)), x)


@prepared
def kept(x: torch.Tensor):
    """Clear a tensor that was there before: nothing is allocated, and no page is new.

    TN-01.
    """
    buffer = torch.empty(len(x) * PAGE, device=x.device)
    return lambda: _used(buffer.zero_(), x)
