"""An einsum with something to fuse: ``relu(ij,jk->ik + bias)`` of ``a`` (i, j), ``b`` (j, k) and ``bias`` (k,)."""

import torch


def einsum(a: torch.Tensor, b: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Three operators pass over the answer three times; a compiler may add and clamp while it is in the cache.

    ES-14.
    """
    return torch.relu(torch.einsum("ij,jk->ik", a, b) + bias)


def in_place(a: torch.Tensor, b: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """The two operators behind the product overwrite it: no new memory, and no compiler.

    ES-14.
    """
    return torch.einsum("ij,jk->ik", a, b).add_(bias).relu_()


def addmm(a: torch.Tensor, b: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """The bias goes into the product's own operator, and the clamp overwrites its answer.

    ES-14.
    """
    return torch.addmm(bias, a, b).relu_()
