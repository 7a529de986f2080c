"""Twice ``x``, exactly: the same operators on ordinary numbers and on those below 1.2e-38, which some units do slowly.

Each variant takes ``x`` of shape (n,) in float32 and returns (n,). Doubling rounds nothing, so all agree to the last
bit. Flushing such numbers to zero (``torch.set_flush_denormal``) is fast and another answer; it is no variant. It is
set for the calling thread alone: where torch's other threads are already running, part of the numbers stays.
"""

import torch

from .._contract import needs


def multiply(x: torch.Tensor) -> torch.Tensor:
    """A product with a denormal is left to the processor's microcode, some hundred cycles for each vector.

    LS-06.
    """
    return x * 2


def add(x: torch.Tensor) -> torch.Tensor:
    """Torch's sum is ``a + alpha b`` in one fused operation: a multiplication again, and as slow.

    LS-06.
    """
    return x + x


@needs("cpu")
def numpy_add(x: torch.Tensor) -> torch.Tensor:
    """A sum and nothing else, in numpy: adding takes denormal numbers at the price of any others.

    LS-06.
    """
    values = x.numpy()
    return torch.from_numpy(values + values)
