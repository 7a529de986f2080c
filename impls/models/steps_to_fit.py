"""How long a deep convolutional network takes to learn a few images, by the way its weights begin.

Each variant takes ``x`` (n, 1, 28, 28) and ``labels`` (n,) in int64 below 10, makes a network of four convolutions, and
descends until it gives every image its label. It returns the classes (n,) that the network then says. Biases begin at
0; seed, rate and everything else are the same, only the spread of the first weights differs.
"""

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional, init

Initialise = Callable[..., torch.Tensor]

RATE = 0.2
MOST = 2000  # steps; a network that has not learnt by then gives a wrong answer


def default(x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The weights of ``nn.Conv2d``, a = sqrt(5): each layer loses three fifths of the spread, four lose nearly all.

    MD-10.
    """
    return _descend(x, labels, lambda w, g: init.kaiming_uniform_(w, a=math.sqrt(5), generator=g))


def xavier(x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Xavier's keeps the spread of a layer without a ReLU: half of the mean square is lost in each.

    MD-10.
    """
    return _descend(x, labels, lambda w, g: init.xavier_uniform_(w, generator=g))


def kaiming(x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Kaiming's for a ReLU, a = 0: the spread is kept from layer to layer, forward.

    MD-10.
    """
    return _descend(x, labels, lambda w, g: init.kaiming_uniform_(w, nonlinearity="relu", generator=g))


def _network() -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(1, 8, 5, stride=2, padding=2), nn.ReLU()),
        *(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU()),
        *(nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU()),
        *(nn.Conv2d(32, 10, 3, stride=2, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    )


def _descend(x: torch.Tensor, labels: torch.Tensor, initialise: Initialise) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    with torch.device("meta"):
        network = _network()
    network.to_empty(device="cpu")
    for layer in network:
        if isinstance(layer, nn.Conv2d):
            initialise(layer.weight, generator)
            init.zeros_(layer.bias)
    parameters = list(network.to(x.device).parameters())
    for _ in range(MOST):
        logits = network(x)
        classes = logits.argmax(1)
        if torch.equal(classes, labels):
            break
        slopes = torch.autograd.grad(functional.cross_entropy(logits, labels), parameters)
        with torch.no_grad():
            torch._foreach_add_(parameters, slopes, alpha=-RATE)
    return classes
