"""The gradients of adapters: layers ``x (w + b a)^T`` and gelu, where only the thin ``a`` and ``b`` are trained.

Each variant takes ``x`` of shape (tokens, width), ``slope`` of the same shape, and three lists with an entry for each
layer: ``ws`` (width, width), ``as_`` (rank, width) and ``bs`` (width, rank). It returns the gradients of the sum of
output times ``slope``, two lists like ``as_`` and ``bs``.
"""

from collections.abc import Callable

import torch
from torch.nn.functional import gelu, linear

Tensors = list[torch.Tensor]
Gradients = tuple[Tensors, Tensors]
Layer = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def _gradients(
    x: torch.Tensor, slope: torch.Tensor, ws: Tensors, as_: Tensors, bs: Tensors, layer: Layer, whole: bool
) -> Gradients:
    as_, bs = ([tensor.detach().requires_grad_() for tensor in tensors] for tensors in (as_, bs))
    ws = [w.detach().requires_grad_(whole) for w in ws]
    for w, a, b in zip(ws, as_, bs, strict=True):
        x = gelu(layer(x, w, a, b))
    (x * slope).sum().backward()
    return [a.grad for a in as_], [b.grad for b in bs]


def _beside(x: torch.Tensor, w: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return linear(x, w) + linear(linear(x, a), b)


def everything(x: torch.Tensor, slope: torch.Tensor, ws: Tensors, as_: Tensors, bs: Tensors) -> Gradients:
    """Nothing is frozen: the large gradients are computed and kept beside the small ones.

    HF-07.
    """
    return _gradients(x, slope, ws, as_, bs, _beside, whole=True)


def merged(x: torch.Tensor, slope: torch.Tensor, ws: Tensors, as_: Tensors, bs: Tensors) -> Gradients:
    """The adapter is added to the frozen weights first: one product, whose gradient is as large as the weights.

    HF-07.
    """
    return _gradients(x, slope, ws, as_, bs, lambda x, w, a, b: linear(x, w + b @ a), whole=False)


def adapters(x: torch.Tensor, slope: torch.Tensor, ws: Tensors, as_: Tensors, bs: Tensors) -> Gradients:
    """The adapter beside the frozen weights, two thin products: no large gradient ever exists.

    HF-07.
    """
    return _gradients(x, slope, ws, as_, bs, _beside, whole=False)
