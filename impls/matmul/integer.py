"""Product of integer matrices: ``a`` (m, k) and ``b`` (k, n), int64 between -1000 and 1000, the product int64.

It is exact in every variant: a sum of 512 such products stays below 2^29. No BLAS multiplies integers.
"""

import torch

from .._contract import needs


@needs("cpu")
def numpy(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Numpy has loops of its own for integers.

    MM-04.
    """
    return torch.from_numpy(a.numpy() @ b.numpy())


@needs("cpu")
def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The same loops as ``mm``, as a batch of one. On a GPU there is no such kernel.

    MM-04.
    """
    return torch.einsum("ik,kj->ij", a, b)


@needs("cpu")
def mm(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Plain loops instead of a BLAS. On a GPU there is no such kernel.

    MM-04.
    """
    return torch.mm(a, b)


@needs("cpu")
def int32(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Half the width and two casts: exact while every sum stays below 2^31. On a GPU there is no such kernel.

    MM-04.
    """
    return torch.mm(a.int(), b.int()).long()


def float64(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Three casts and a BLAS: exact while every sum stays below 2^53, because float64 holds all integers up to there.

    MM-04.
    """
    return torch.mm(a.double(), b.double()).long()
