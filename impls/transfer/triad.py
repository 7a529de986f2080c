"""STREAM's fourth kernel: ``b + 3 c`` for ``b`` and ``c`` (n,), float32: two numbers read for one written."""

import numpy as np
import torch

from .._contract import needs, prepared


def operators(b: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    """As it is written: ``3 c`` is a tensor of its own, written and read again.

    TX-04. Compiled, it is one pass.
    """
    return b + 3 * c


@prepared
@needs("cpu")
def numpy_out(b: torch.Tensor, c: torch.Tensor):
    """No operator of numpy does it: two passes, the second over what the first has written.

    TX-04.
    """
    a = np.empty(b.shape, np.float32)
    handed = torch.from_numpy(a)
    three = np.float32(3)

    def run() -> torch.Tensor:
        np.multiply(c.numpy(), three, out=a)
        np.add(a, b.numpy(), out=a)
        return handed

    return run


def alpha(b: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    """``add`` takes a factor: one pass, into new memory.

    TX-04.
    """
    return torch.add(b, c, alpha=3)


@prepared
@needs("numba", "cpu")
def numba(b: torch.Tensor, c: torch.Tensor):
    """The loop itself, compiled: one pass, and nothing else to be done.

    TX-04.
    """
    from numba import njit

    @njit(cache=True, fastmath=True)
    def triad(a, b, c):  # pragma: no cover
        for i in range(len(a)):
            a[i] = b[i] + np.float32(3) * c[i]

    a = np.empty(b.shape, np.float32)
    handed = torch.from_numpy(a)
    triad(a[:1], b[:1].numpy(), c[:1].numpy())

    def run() -> torch.Tensor:
        triad(a, b.numpy(), c.numpy())
        return handed

    return run


@prepared
def out(b: torch.Tensor, c: torch.Tensor):
    """``add`` with a factor, into a tensor that is there already: the roofs of this suite are measured with it.

    TX-04.
    """
    a = torch.empty_like(b)
    a.fill_(0)
    return lambda: torch.add(b, c, alpha=3, out=a)
