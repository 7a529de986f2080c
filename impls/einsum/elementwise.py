"""Product of two matrices element by element as ``ij,ij->ij``: ``a``, ``b`` and the answer (i, j)."""

import torch


def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Nothing is summed over: after the parsing this is one multiplication.

    ES-07.
    """
    return torch.einsum("ij,ij->ij", a, b)


def multiply(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The multiplication.

    ES-07.
    """
    return a * b
