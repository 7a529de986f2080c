"""Gradients of the last layer alone: what a frozen backbone saves.

Each variant takes ``x`` (n, 784), ``target`` (n,) in int64 and ``layers``, a list of pairs of weights (inputs, outputs)
and biases (outputs,), and returns the gradients of the last pair.
"""

import torch

from ._classifier import Layers, features, loss, wanting

Answer = tuple[torch.Tensor, ...]


def everything(x: torch.Tensor, target: torch.Tensor, layers: Layers) -> Answer:
    """All gradients, of which all but the last layer's are thrown away: freezing in the optimizer alone.

    AG-04.
    """
    layers = wanting(layers)
    parameters = [tensor for pair in layers for tensor in pair]
    error = loss(features(x, layers[:-1]), layers[-1], target)
    return torch.autograd.grad(error, parameters)[-2:]


def detached(x: torch.Tensor, target: torch.Tensor, layers: Layers) -> Answer:
    """Cut the graph before the head: the backward ends there, but the forward has recorded all of it.

    AG-04.
    """
    layers = wanting(layers)
    error = loss(features(x, layers[:-1]).detach(), layers[-1], target)
    return torch.autograd.grad(error, layers[-1])


def no_grad(x: torch.Tensor, target: torch.Tensor, layers: Layers) -> Answer:
    """The backbone under ``no_grad``: nothing of it is recorded or kept.

    AG-04.
    """
    layers = wanting(layers)
    with torch.no_grad():
        seen = features(x, layers[:-1])
    return torch.autograd.grad(loss(seen, layers[-1], target), layers[-1])


def frozen(x: torch.Tensor, target: torch.Tensor, layers: Layers) -> Answer:
    """``requires_grad_(False)`` on the backbone: autograd sees by itself that there is nothing to record.

    AG-04.
    """
    (head,) = wanting(layers[-1:])
    return torch.autograd.grad(loss(features(x, layers[:-1]), head, target), head)
