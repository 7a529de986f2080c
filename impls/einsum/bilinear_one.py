"""Bilinear form of two vectors, ``z[k] = sum_ij x[i] w[k, i, j] y[j]``.

Each variant takes ``x`` (i,), ``w`` (k, i, j) and ``y`` (j,) in float32, and returns (k,). The source writes it as
``i,ijk,j->k`` and gives it weights (k, i, j), which raises an error: the letters must be in the order of the axes.
"""

from collections.abc import Callable

import torch
from torch.nn import functional

from .._contract import prepared
from ._order import in_order


@prepared
def einsum(x: torch.Tensor, w: torch.Tensor, y: torch.Tensor) -> Callable[[], torch.Tensor]:
    """The operands meet as they come: for ``x`` the weights are first copied into the order of a plain product.

    ES-11. Where opt_einsum is installed its plan is switched off.
    """
    return in_order("i,kij,j->k", x, w, y)


def bilinear(x: torch.Tensor, w: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The library's function, made for batches of rows: this is a batch of one.

    ES-11.
    """
    return functional.bilinear(x, y, w)


def loop(x: torch.Tensor, w: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """One matrix after the other: two small products and some Python for each element of the answer.

    ES-11.
    """
    return torch.stack([torch.dot(x, torch.mv(matrix, y)) for matrix in w])


def two_steps(x: torch.Tensor, w: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """By hand: ``y`` along the rows of the weights, which lie in memory one after the other, then ``x``.

    ES-11.
    """
    return (w @ y) @ x


def outer_first(x: torch.Tensor, w: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """All products of ``x`` and ``y`` as one long vector, then a single product that reads the weights as they lie.

    ES-11.
    """
    return torch.mv(w.flatten(1), torch.outer(x, y).flatten())
