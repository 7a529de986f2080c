"""The gradients of a batch that is too large to be computed at once: added up over micro-batches.

``x`` (n, 28, 28) float32, ``y`` (n,) int64, ``start`` = ``[w1, b1, w2, b2, w3, b3]``, and ``micro``, a divisor of n.
Each variant returns the gradients of the mean cross entropy over all n samples, a list like ``start``.
"""

from collections.abc import Iterator

import torch
from torch.nn.functional import cross_entropy

from .._contract import prepared
from ._mlp import Tensors, network, put_back


def _micro(x: torch.Tensor, y: torch.Tensor, size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    return zip(x.split(size), y.split(size), strict=True)


@prepared
def autograd_grad(x: torch.Tensor, y: torch.Tensor, start: Tensors, micro: int):
    """``torch.autograd.grad`` returns the gradients of each micro-batch, and a list operator adds them up.

    TR-05.
    """
    model = network(start)
    wanted = list(model.parameters())

    def run() -> Tensors:
        put_back(model, start)
        total = [torch.zeros_like(p) for p in wanted]
        for images, labels in _micro(x, y, micro):
            loss = cross_entropy(model(images), labels) * (micro / len(x))
            torch._foreach_add_(total, torch.autograd.grad(loss, wanted))
        return total

    return run


@prepared
def backward_scaled(x: torch.Tensor, y: torch.Tensor, start: Tensors, micro: int):
    """What trainers do: each loss is divided by the number of micro-batches, and ``backward`` adds to ``.grad``.

    TR-05. Forgetting the division makes the steps that many times too long.
    """
    model = network(start)

    def run() -> Tensors:
        put_back(model, start)
        model.zero_grad()
        for images, labels in _micro(x, y, micro):
            (cross_entropy(model(images), labels) * (micro / len(x))).backward()
        return [p.grad for p in model.parameters()]

    return run


@prepared
def divided_at_the_end(x: torch.Tensor, y: torch.Tensor, start: Tensors, micro: int):
    """Sums are added up and divided once: right for micro-batches of unequal lengths too.

    TR-05.
    """
    model = network(start)

    def run() -> Tensors:
        put_back(model, start)
        model.zero_grad()
        for images, labels in _micro(x, y, micro):
            cross_entropy(model(images), labels, reduction="sum").backward()
        gradients = [p.grad for p in model.parameters()]
        torch._foreach_mul_(gradients, 1 / len(x))
        return gradients

    return run


@prepared
def one_batch(x: torch.Tensor, y: torch.Tensor, start: Tensors, micro: int):
    """The whole batch at once: one forward, one backward, and the activations of all samples in memory.

    TR-05.
    """
    model = network(start)

    def run() -> Tensors:
        put_back(model, start)
        model.zero_grad()
        cross_entropy(model(x), y).backward()
        return [p.grad for p in model.parameters()]

    return run
