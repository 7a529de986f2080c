"""Evaluate a classifier: ``x`` (n, 28, 28) float32, ``y`` (n,) int64, ``parameters`` = ``[w1, b1, w2, b2, w3, b3]``.

Each variant returns the mean loss over the samples, a float32 scalar, and how many were classified rightly, an int64
scalar. The last batch is shorter: means of batches are weighted by their samples, which the source forgets.
"""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from .._contract import prepared
from ._mlp import Tensors, network, put_back

BATCH = 32
Answer = tuple[torch.Tensor, torch.Tensor]


def _batch(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> Answer:
    """Sum of the losses, and how many are right."""
    output = model(x)
    return cross_entropy(output, y, reduction="sum"), (output.argmax(1) == y).sum()


def _items(model: nn.Module, x: torch.Tensor, y: torch.Tensor, batch: int) -> Answer:
    loss, correct = 0.0, 0
    for images, labels in zip(x.split(batch), y.split(batch), strict=True):
        some, right = _batch(model, images, labels)
        loss += some.item()
        correct += right.item()
    return torch.tensor(loss / len(x), device=x.device), torch.tensor(correct, device=x.device)


def _sums(model: nn.Module, x: torch.Tensor, y: torch.Tensor, batch: int) -> Answer:
    loss, correct = torch.zeros((), dtype=torch.float64, device=x.device), torch.zeros((), dtype=int, device=x.device)
    for images, labels in zip(x.split(batch), y.split(batch), strict=True):
        some, right = _batch(model, images, labels)
        loss += some
        correct += right
    return (loss / len(x)).float(), correct


def _evaluating(mode, way, x: torch.Tensor, y: torch.Tensor, given: Tensors, batch: int) -> Callable[[], Answer]:
    model = network(given).eval()

    def run() -> Answer:
        put_back(model, given)
        with mode():
            return way(model, x, y, batch)

    return run


@prepared
def no_grad(x: torch.Tensor, y: torch.Tensor, parameters: Tensors):
    """The source's loop: ``eval``, ``no_grad``, batches of 32, and two ``.item()`` after each.

    TR-02.
    """
    return _evaluating(torch.no_grad, _items, x, y, parameters, BATCH)


@prepared
def inference_mode(x: torch.Tensor, y: torch.Tensor, parameters: Tensors):
    """No version counters either.

    TR-02.
    """
    return _evaluating(torch.inference_mode, _items, x, y, parameters, BATCH)


@prepared
def one_item(x: torch.Tensor, y: torch.Tensor, parameters: Tensors):
    """The sums stay tensors: nothing waits for the device before the end.

    TR-02.
    """
    return _evaluating(torch.inference_mode, _sums, x, y, parameters, BATCH)


@prepared
def batches_of_256(x: torch.Tensor, y: torch.Tensor, parameters: Tensors):
    """Without gradients there is room for larger batches: fewer calls, and matrices that fill the machine.

    TR-02.
    """
    return _evaluating(torch.inference_mode, _sums, x, y, parameters, 256)


@prepared
def whole(x: torch.Tensor, y: torch.Tensor, parameters: Tensors):
    """The whole set in one forward: the fewest calls, and all activations at once.

    TR-02.
    """
    return _evaluating(torch.inference_mode, _sums, x, y, parameters, len(x))
