"""Gradient of a linear layer's weights: the sum over the rows of the outer products of input and gradient.

Each variant takes ``inp`` (n, 784), the layer's input, and ``g`` (n, 50), the gradient of its output, both float32, and
returns (784, 50).
"""

from collections.abc import Callable

import torch

from .._contract import prepared


def outer_sum(inp: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """As it is derived: an outer product for each row, all of them in memory, then their sum.

    BP-07. n x 784 x 50 elements: 7.84 GB at the source's 50000 rows.
    """
    return (inp.unsqueeze(-1) * g.unsqueeze(1)).sum(0)


def outer_chunks(inp: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """The same for eight rows at a time: the products stay in the cache, and memory is no longer the limit.

    BP-07.
    """
    total = torch.zeros(inp.shape[1], g.shape[1], dtype=inp.dtype, device=inp.device)
    for rows, slopes in zip(inp.split(8), g.split(8), strict=True):
        total += (rows.unsqueeze(-1) * slopes.unsqueeze(1)).sum(0)
    return total


def einsum(inp: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """Say that the outer products are summed: einsum sees a matrix product in it.

    BP-07.
    """
    return torch.einsum("bi,bj->ij", inp, g)


def addmm_chunks(inp: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """The product a thousand rows at a time, added up in place: what gradient accumulation does.

    BP-07.
    """
    total = torch.zeros(inp.shape[1], g.shape[1], dtype=inp.dtype, device=inp.device)
    for rows, slopes in zip(inp.split(1000), g.split(1000), strict=True):
        total.addmm_(rows.t(), slopes)
    return total


def matmul(inp: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """A sum of outer products is a matrix product: the BLAS reads the transposed input as it lies.

    BP-07.
    """
    return inp.t() @ g


@prepared
def mm_out(inp: torch.Tensor, g: torch.Tensor) -> Callable[[], torch.Tensor]:
    """The same into a tensor allocated before.

    BP-07.
    """
    result = torch.empty(inp.shape[1], g.shape[1], dtype=inp.dtype, device=inp.device)
    return lambda: torch.mm(inp.t(), g, out=result)
