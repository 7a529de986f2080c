"""Vector times vector: ``a`` and ``b`` (k), the product a single number, shape ()."""

import torch


def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A batch of one product of one row and one column.

    MM-03.
    """
    return torch.einsum("k,k->", a, b)


def tensordot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Views around ``dot``: it would fold other shapes into these.

    MM-03.
    """
    return torch.tensordot(a, b, dims=1)


def inner(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A ``tensordot`` by another name.

    MM-03.
    """
    return torch.inner(a, b)


def multiply_sum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Two operators, and a temporary as long as the vectors.

    MM-03.
    """
    return (a * b).sum()


def matmul(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Asks for both ranks, then calls ``dot``.

    MM-03.
    """
    return torch.matmul(a, b)


def vdot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Asks whether there is something to conjugate, then calls ``dot``.

    MM-03.
    """
    return torch.vdot(a, b)


def dot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The operator itself.

    MM-03.
    """
    return torch.dot(a, b)
