"""Gradients of the first layer alone: freezing what comes after it saves less, for the backward must pass through.

Each variant takes ``x`` (n, 784), ``target`` (n,) in int64 and ``layers``, a list of pairs of weights (inputs, outputs)
and biases (outputs,), and returns the gradients of the first pair.
"""

import torch

from ._classifier import Layers, features, loss, wanting

Answer = tuple[torch.Tensor, ...]


def everything(x: torch.Tensor, target: torch.Tensor, layers: Layers) -> Answer:
    """All gradients, of which all but the first layer's are thrown away.

    AG-04.
    """
    layers = wanting(layers)
    parameters = [tensor for pair in layers for tensor in pair]
    error = loss(features(x, layers[:-1]), layers[-1], target)
    return torch.autograd.grad(error, parameters)[:2]


def frozen(x: torch.Tensor, target: torch.Tensor, layers: Layers) -> Answer:
    """The later layers are frozen: their weights' products go, those that pass the gradient back stay.

    AG-04.
    """
    layers = [*wanting(layers[:1]), *layers[1:]]
    return torch.autograd.grad(loss(features(x, layers[:-1]), layers[-1], target), layers[0])
