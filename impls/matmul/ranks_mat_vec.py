"""Matrix times vector: ``a`` (m, k), ``b`` (k), the product (m)."""

import torch


def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Parses the formula in every call, and goes through ten views to a batch of one.

    MM-03.
    """
    return torch.einsum("mk,k->m", a, b)


def tensordot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Folds any tensors into two matrices, so the vector becomes one column.

    MM-03.
    """
    return torch.tensordot(a, b, dims=1)


def mm(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The vector as a matrix of one column: a view before, a view after.

    MM-03.
    """
    return torch.mm(a, b[:, None])[:, 0]


def multiply_sum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Two operators, and a temporary as large as the matrix.

    MM-03.
    """
    return (a * b).sum(dim=1)


def linear(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A layer with one output: its weight is a vector, and it ends in ``mv``.

    MM-03.
    """
    return torch.nn.functional.linear(a, b)


def matmul(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Asks for both ranks, then calls ``mv``.

    MM-03.
    """
    return torch.matmul(a, b)


def mv(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The operator itself.

    MM-03.
    """
    return torch.mv(a, b)
