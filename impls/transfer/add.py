"""STREAM's third kernel: ``b + c`` for ``b`` and ``c`` (n,), float32."""

import numpy as np
import torch

from .._contract import needs, prepared


def operator(b: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    """The operator: new memory in each call.

    TX-04.
    """
    return b + c


@prepared
@needs("cpu")
def numpy_out(b: torch.Tensor, c: torch.Tensor):
    """The same by numpy, into an array that is there already.

    TX-04.
    """
    a = np.empty(b.shape, np.float32)
    handed = torch.from_numpy(a)

    def run() -> torch.Tensor:
        np.add(b.numpy(), c.numpy(), out=a)
        return handed

    return run


@prepared
def out(b: torch.Tensor, c: torch.Tensor):
    """``torch.add`` into a tensor that is there already.

    TX-04.
    """
    a = torch.empty_like(b)
    a.fill_(0)
    return lambda: torch.add(b, c, out=a)
