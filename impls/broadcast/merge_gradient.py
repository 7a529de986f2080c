"""Gradients of a layer over two inputs, one of which is the same for all steps: forward and backward in one call.

The layer is ``[a, b] @ w.T + bias`` with ``a`` (batch, steps, left) and ``b`` (batch, 1, right) behind every step.
Each variant takes ``a``, ``b``, ``whole`` (its weight and bias) and ``parts`` (the weight in two pieces: for ``a``, for
``b``), and ``slope`` (batch, steps, out), the gradient of what comes after. It returns the gradients of ``a``, of
``b``, of the weight or of its two pieces, and of the bias. There is no relu: where a sum lies within its rounding of 0
the variants would disagree on which side.
"""

import torch
from torch.nn.functional import linear

Tensors = tuple[torch.Tensor, ...]


def tile_concat(
    a: torch.Tensor, b: torch.Tensor, whole: list[torch.Tensor], parts: list[torch.Tensor], slope: torch.Tensor
) -> Tensors:
    """Backward undoes the tiling: the gradient of every copy is computed, then the copies are added up.

    BC-02.
    """
    a, b, weight, bias = _tracked(a, b, *whole)
    out = linear(torch.cat([a, b.repeat(1, a.shape[1], 1)], dim=-1), weight, bias)
    return torch.autograd.grad(out, (a, b, weight, bias), slope)


def merge_tied_bias(
    a: torch.Tensor, b: torch.Tensor, whole: list[torch.Tensor], parts: list[torch.Tensor], slope: torch.Tensor
) -> Tensors:
    """Broadcasting adds up before it multiplies: the steps' slopes are summed once, and ``b`` meets one row of them.

    BC-02.
    """
    a, b, left, right, bias = _tracked(a, b, *parts, whole[1])
    out = linear(a, left) + linear(b, right, bias)
    return torch.autograd.grad(out, (a, b, left, right, bias), slope)


def _tracked(*tensors: torch.Tensor) -> Tensors:
    """The same memory as leaves that want a gradient."""
    return tuple(tensor.detach().requires_grad_() for tensor in tensors)
