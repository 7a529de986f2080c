"""Outer product as ``i,j->ij``: ``a`` (i,), ``b`` (j,), all products (i, j)."""

from collections.abc import Callable

import torch

from .._contract import prepared


def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """No letter is summed over, so einsum calls no matrix product: it broadcasts a multiplication.

    ES-06.
    """
    return torch.einsum("i,j->ij", a, b)


def outer(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The operator with the name: a reshape, then that multiplication.

    ES-06.
    """
    return torch.outer(a, b)


@prepared
def broadcast_out(a: torch.Tensor, b: torch.Tensor) -> Callable[[], torch.Tensor]:
    """The same into memory got before: no page is touched for the first time.

    ES-06.
    """
    products = torch.empty(len(a), len(b), dtype=a.dtype, device=a.device)
    return lambda: torch.mul(a[:, None], b, out=products)
