"""Dot product as ``i,i->``: ``a`` and ``b`` of shape (i,), the sum of their products, shape ()."""

import torch


def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Two vectors become matrices of one row and one column: a matrix product with one element in the answer.

    ES-05.
    """
    return torch.einsum("i,i->", a, b)


def product_sum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Multiply, then add up: the products are written to memory and read again.

    ES-05.
    """
    return (a * b).sum()


def dot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """One BLAS call that reads both vectors once and writes one number.

    ES-05.
    """
    return torch.dot(a, b)
