"""``train()`` against ``eval()``: a small network with dropout and batch norm, with either, and with neither.

Each variant takes ``x`` (n, 1, 28, 28), ``parameters`` (filters, their bias, scale and shift of the batch norm if there
is one, weights and bias of the last layer), ``statistics`` (mean and variance of the batch norm, or nothing) and
``dropout``, its probability or 0. It returns the logits (n, 10). Between the convolution and the mean over all pixels
lie batch norm, ReLU and dropout. The statistics are those of ``x``, and the mean is taken over so many pixels that
dropout hardly shows in it: both modes have the same answer. The modules are made before the clock starts.
"""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from .._contract import prepared
from ..backprop._watch import Watch
from ._networks import Parameters

Logits = Callable[[], torch.Tensor]


@prepared
def train(x: torch.Tensor, parameters: Parameters, statistics: Parameters, dropout: float) -> Logits:
    """The mode that a new module is in: a mask is drawn, mean and variance are computed, and written down.

    MD-06. Under ``no_grad``, so that the mode is all that differs from ``evaluate``.
    """
    network = _network(parameters, [each.clone() for each in statistics], dropout).train()
    return _untracked(network, x)


@prepared
def evaluate(x: torch.Tensor, parameters: Parameters, statistics: Parameters, dropout: float) -> Logits:
    """``eval()`` under ``no_grad``: dropout hands its input on, batch norm scales with what it has written down.

    MD-06.
    """
    network = _network(parameters, statistics, dropout).eval()
    return _untracked(network, x)


@prepared
def folded(x: torch.Tensor, parameters: Parameters, statistics: Parameters, dropout: float) -> Logits:
    """Batch norm with known statistics is a factor and a summand for each channel: they go into the filters before it.

    MD-06. They are folded when they have changed, not in every call.
    """
    filters, bias, scale, shift, w, b = parameters
    mean, variance = statistics
    watch, merged = Watch(*parameters, *statistics), []

    def run() -> torch.Tensor:
        if watch.changed():
            factor = scale * (variance + 1e-5).rsqrt()
            merged[:] = filters * factor[:, None, None, None], (bias - mean) * factor + shift
        maps = functional.conv2d(x, *merged, padding=1).relu()
        return functional.linear(maps.mean((2, 3)), w, b)

    return run


def _network(parameters: Parameters, statistics: Parameters, dropout: float) -> nn.Module:
    with torch.device("meta"):
        parts = [nn.Conv2d(1, 16, 3, padding=1)]
        if statistics:
            parts.append(nn.BatchNorm2d(16))
        parts.append(nn.ReLU())
        if dropout:
            parts.append(nn.Dropout(dropout))
        network = nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))
    count = torch.zeros((), dtype=torch.int64, device=parameters[0].device)
    buffers = [*statistics, count] if statistics else []
    names = [name for name, _ in (*network.named_parameters(), *network.named_buffers())]
    network.load_state_dict(dict(zip(names, [*parameters, *buffers], strict=True)), assign=True)
    return network


def _untracked(network: nn.Module, x: torch.Tensor) -> Logits:
    def run() -> torch.Tensor:
        with torch.no_grad():
            return network(x)

    return run
