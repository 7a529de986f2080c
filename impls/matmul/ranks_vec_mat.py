"""Vector times matrix: ``a`` (k), ``b`` (k, n), the product (n)."""

import torch


def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Parses the formula in every call, and goes through ten views to a batch of one.

    MM-03.
    """
    return torch.einsum("k,kn->n", a, b)


def tensordot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Folds any tensors into two matrices, so the vector becomes one row.

    MM-03.
    """
    return torch.tensordot(a, b, dims=1)


def multiply_sum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Two operators, and a temporary as large as the matrix.

    MM-03.
    """
    return (a[:, None] * b).sum(dim=0)


def mm(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The vector as a matrix of one row: a view before, a view after.

    MM-03.
    """
    return torch.mm(a[None], b)[0]


def matmul(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Makes one row of the vector too, but in C++.

    MM-03.
    """
    return torch.matmul(a, b)


def mv(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The transposed matrix times the vector: a view, and the operator made for vectors.

    MM-03.
    """
    return torch.mv(b.t(), a)
