"""What a summary of LeNet-5 says: how many parameters it has, and how many FLOPs its forward takes.

Each variant takes ``x`` (n, 1, 28, 28) and ``parameters``, the weights and biases of the five layers in turn, and
returns both numbers (2,) in int64. FLOPs are a product and a sum for each weight where it is used; biases are not
counted. The module is made before the clock starts.
"""

from collections.abc import Callable

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from .._contract import prepared
from ._networks import LeNet5, Parameters, over

Summary = Callable[[], torch.Tensor]


@prepared
def hooks_on_meta(x: torch.Tensor, parameters: Parameters) -> Summary:
    """Hooks on all layers and a forward on the meta device: no number is computed, but shapes are, by rules in Python.

    MD-05. It costs the same for a batch of a million.
    """
    network = over(LeNet5, parameters).to("meta")
    shapes = torch.empty_like(x, device="meta")
    return lambda: _both(network, _flops(network, shapes))


@prepared
def flop_counter(x: torch.Tensor, parameters: Parameters) -> Summary:
    """The counter of torch sees every operator that is dispatched, whoever calls it, and knows formulas for some.

    MD-05.
    """
    network = over(LeNet5, parameters)

    def run() -> torch.Tensor:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network(x)
        return _both(network, counter.get_total_flops())

    return run


@prepared
def hooks(x: torch.Tensor, parameters: Parameters) -> Summary:
    """Hooks on all layers and one forward, as summaries have it: all the arithmetic is done for the shapes alone.

    MD-05. The hooks are taken off again even if the forward fails.
    """
    network = over(LeNet5, parameters)
    return lambda: _both(network, _flops(network, x))


def _both(network: nn.Module, flops: int) -> torch.Tensor:
    return torch.tensor([sum(each.numel() for each in network.parameters()), flops])


def _flops(network: nn.Module, x: torch.Tensor) -> int:
    found = []

    def count(layer, inputs, output):
        # A weight is used once for each number of its output channel; a linear layer's channels are its outputs.
        found.append(2 * layer.weight.numel() * output.numel() // output.shape[1])

    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    handles = [layer.register_forward_hook(count) for layer in layers]
    try:
        with torch.no_grad():
            network(x)
    finally:
        for handle in handles:
            handle.remove()
    return sum(found)
