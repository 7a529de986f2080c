"""Bilinear form of a batch of pairs, ``z[b, k] = sum_ij x[b, i] w[k, i, j] y[b, j]``.

Each variant takes ``x`` (b, i), ``w`` (k, i, j) and ``y`` (b, j) in float32, and returns (b, k). Which two operands
meet first changes the temporary, (b, i, j) or (b, k, j), and not the leading term of the arithmetic, 2 b i j k.
"""

from collections.abc import Callable

import torch
from torch.nn import functional

from .._contract import needs, prepared
from ._order import in_order


def bilinear(x: torch.Tensor, w: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The library's function, behind ``nn.Bilinear``.

    ES-12.
    """
    return functional.bilinear(x, y, w)


@prepared
def einsum(x: torch.Tensor, w: torch.Tensor, y: torch.Tensor) -> Callable[[], torch.Tensor]:
    """The pairs before the weights, as the source has them: a temporary of b i j products, then a large product.

    ES-12. Where opt_einsum is installed its plan is switched off.
    """
    return in_order("bi,bj,kij->bk", x, y, w)


@prepared
def einsum_weights_second(x: torch.Tensor, w: torch.Tensor, y: torch.Tensor) -> Callable[[], torch.Tensor]:
    """The weights second: the temporary has b k j elements, and the weights are copied into another order first.

    ES-12. Where opt_einsum is installed its plan is switched off.
    """
    return in_order("bi,kij,bj->bk", x, w, y)


@needs("opt_einsum")
def einsum_planned(x: torch.Tensor, w: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """With opt_einsum installed torch chooses the order, in Python, in every call.

    ES-12.
    """
    return torch.einsum("bi,bj,kij->bk", x, y, w)


def outer_first(x: torch.Tensor, w: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The outer products by broadcasting, one ``mm`` with the weights as a matrix: the first order without a formula.

    ES-12.
    """
    return (x[:, :, None] * y[:, None, :]).flatten(1) @ w.flatten(1).t()


def weights_first(x: torch.Tensor, w: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """One ``mm`` of all weights with the rows of ``y``, then a ``bmm`` with ``x``: the weights are read as they lie.

    ES-12.
    """
    outputs, rows, columns = w.shape
    half = (y @ w.view(outputs * rows, columns).t()).view(-1, outputs, rows)
    return torch.bmm(half, x[:, :, None]).squeeze(-1)
