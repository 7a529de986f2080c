"""``ij,jk->ik`` of integers: ``a`` (i, j), ``b`` (j, k), int64 between -1000 and 1000, the product int64 and exact."""

import torch

from .._contract import needs


@needs("cpu")
def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The formula reads the same for integers, but no BLAS stands behind it. On a GPU there is no such kernel.

    ES-15.
    """
    return torch.einsum("ij,jk->ik", a, b)


def through_float64(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Cast first: exact while every sum stays below 2^53, and three passes over the data buy a BLAS.

    ES-15.
    """
    return torch.einsum("ij,jk->ik", a.double(), b.double()).long()
