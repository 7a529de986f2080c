"""A batch of matrices times a batch of matrices: ``a`` (s, m, k), ``b`` (s, k, n), the products (s, m, n)."""

from collections.abc import Callable

import torch

from .._contract import prepared


def loop(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """One product after the other, and a copy to join them.

    MM-03.
    """
    return torch.stack([torch.mm(x, y) for x, y in zip(a, b, strict=True)])


def einsum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Parses the formula in every call, and goes through eleven views to ``bmm``.

    MM-03.
    """
    return torch.einsum("smk,skn->smn", a, b)


def matmul(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Asks for both ranks and expands both batches, then calls ``bmm``.

    MM-03.
    """
    return torch.matmul(a, b)


@prepared
def baddbmm(a: torch.Tensor, b: torch.Tensor) -> Callable[[], torch.Tensor]:
    """The products plus a bias in one call: what a bias costs, here one of zeros.

    MM-03.
    """
    bias = torch.zeros(b.shape[-1], dtype=a.dtype, device=a.device)
    return lambda: torch.baddbmm(bias, a, b)


def bmm(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The operator itself.

    MM-03.
    """
    return torch.bmm(a, b)
