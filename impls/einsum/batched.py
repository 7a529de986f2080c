"""Products of a batch as ``bij,bjk->bik``: ``a`` (b, i, j), ``c`` (b, j, k), the products (b, i, k)."""

import torch


def einsum(a: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    """The formula ends in ``bmm``, and here the operands need no turning: what is left over is the parsing.

    ES-04.
    """
    return torch.einsum("bij,bjk->bik", a, c)


def bmm(a: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    """The operator itself.

    ES-04.
    """
    return torch.bmm(a, c)
