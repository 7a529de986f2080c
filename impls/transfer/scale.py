"""STREAM's second kernel: ``3 b`` for ``b`` (n,), float32."""

import numpy as np
import torch

from .._contract import needs, prepared


def operator(b: torch.Tensor) -> torch.Tensor:
    """The operator: new memory in each call.

    TX-04.
    """
    return 3 * b


@prepared
@needs("cpu")
def numpy_out(b: torch.Tensor):
    """The same by numpy, into an array that is there already.

    TX-04.
    """
    a = np.empty(b.shape, np.float32)
    handed = torch.from_numpy(a)
    three = np.float32(3)

    def run() -> torch.Tensor:
        np.multiply(b.numpy(), three, out=a)
        return handed

    return run


@prepared
def out(b: torch.Tensor):
    """``torch.mul`` into a tensor that is there already.

    TX-04.
    """
    a = torch.empty_like(b)
    a.fill_(0)
    return lambda: torch.mul(b, 3, out=a)
