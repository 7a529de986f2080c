"""How many samples a second: the gradients of ``x`` (n, 28, 28) float32, ``y`` (n,) int64, in batches of one size.

``start`` = ``[w1, b1, w2, b2, w3, b3]``. Each variant goes through all samples, forward and backward, and returns the
gradients of the mean cross entropy over all of them, a list like ``start``: the same whatever the size of the batches.
"""

from collections.abc import Callable

import torch
from torch.nn.functional import cross_entropy

from .._contract import prepared
from ._mlp import Tensors, network, put_back


def _passing(x: torch.Tensor, y: torch.Tensor, start: Tensors, batch: int) -> Callable[[], Tensors]:
    model = network(start)

    def run() -> Tensors:
        put_back(model, start)
        model.zero_grad()
        for images, labels in zip(x.split(batch), y.split(batch), strict=True):
            (cross_entropy(model(images), labels, reduction="sum") / len(x)).backward()
        return [p.grad for p in model.parameters()]

    return run


@prepared
def batch_1(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """Sample by sample: every weight is read twice and its gradient written once for each.

    TR-09.
    """
    return _passing(x, y, start, 1)


@prepared
def batch_8(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """Eight samples share each reading of the weights.

    TR-09.
    """
    return _passing(x, y, start, 8)


@prepared
def batch_32(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """The source's size.

    TR-09.
    """
    return _passing(x, y, start, 32)


@prepared
def batch_128(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """Matrices large enough to keep the arithmetic busy.

    TR-09.
    """
    return _passing(x, y, start, 128)


@prepared
def batch_2048(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """A GPU may have room for it; the activations no longer fit the caches of a core.

    TR-09.
    """
    return _passing(x, y, start, 2048)


@prepared
def batch_8192(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """One batch, which would be one step: what it saves in time it costs in steps.

    TR-09.
    """
    return _passing(x, y, start, 8192)
