"""Matrix product written as ``ij,jk->ik``: ``a`` (i, j), ``b`` (j, k), both of one dtype, the product (i, k)."""

import torch

from .._contract import needs


@needs("cpu")
def numpy_loops(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Numpy's own einsum runs the three loops in C and calls no BLAS: the same formula, another machine behind it.

    ES-01.
    """
    import numpy as np

    return torch.from_numpy(np.einsum("ij,jk->ik", a.numpy(), b.numpy()))


def sublists(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Axes as numbers in place of letters: torch turns them into letters first, so nothing is saved.

    ES-01.
    """
    return torch.einsum(a, [0, 1], b, [1, 2], [0, 2])


def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The formula is parsed in every call, and both matrices become batches of one: then it is ``bmm``.

    ES-01.
    """
    return torch.einsum("ij,jk->ik", a, b)


def turned(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The product asked for as its transpose: einsum orders the axes of a view, so no element is moved for it.

    ES-01.
    """
    return torch.einsum("ij,jk->ki", a, b).t()


def matmul(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The operator that the table sets beside the formula: the same arithmetic and no formula.

    ES-01.
    """
    return torch.matmul(a, b)
