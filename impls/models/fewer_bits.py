"""The perceptron of ``mlp`` in fewer bits: inputs and parameters are given in float32, the logits wanted in bfloat16.

Each variant takes ``x`` (n, 28, 28) and ``parameters``, weights (outputs, inputs) and biases (outputs,) of the three
layers in turn, and returns the logits (n, 10). Weights are rounded when they have changed, not in every call, unless
the variant says so; what the layers are fed with is rounded in every call.
"""

from collections.abc import Callable

import torch
from torch.nn import functional

from .._contract import needs, prepared
from ..backprop._watch import Watch
from ._networks import Parameters

Logits = Callable[[], torch.Tensor]


def float32(x: torch.Tensor, parameters: Parameters) -> torch.Tensor:
    """All 32 bits up to the logits: what the others are measured by.

    MD-01.
    """
    return _forward(x, parameters).bfloat16()


def autocast(x: torch.Tensor, parameters: Parameters) -> torch.Tensor:
    """``torch.autocast`` rounds what goes into a layer, the weights too, and without gradients in every call anew.

    MD-01.
    """
    with torch.autocast(x.device.type, torch.bfloat16):
        return _forward(x, parameters)


@prepared
@needs("cpu")
def int8(x: torch.Tensor, parameters: Parameters) -> Logits:
    """Dynamic quantisation by hand: one scale for each row of the weights and for each row of what they multiply.

    MD-01. The products of int8 add up in int32 without an error; the scales are put back behind them.
    """
    watch, layers = Watch(*parameters), []

    def run() -> torch.Tensor:
        if watch.changed():
            layers[:] = [(*_rounded(w), b) for w, b in zip(*[iter(parameters)] * 2, strict=True)]
        sums = x.flatten(1)
        for place, (weight, weight_step, b) in enumerate(layers):
            whole, step = _rounded(sums.relu_() if place else sums)
            sums = torch._int_mm(whole, weight.t()) * step * weight_step.t() + b
        return sums.bfloat16()

    return run


@prepared
def bfloat16(x: torch.Tensor, parameters: Parameters) -> Logits:
    """The whole network in bfloat16: half the bytes of the weights, and products that CPUs and GPUs have units for.

    MD-01.
    """
    watch, halves = Watch(*parameters), []

    def run() -> torch.Tensor:
        if watch.changed():
            halves[:] = [each.bfloat16() for each in parameters]
        return _forward(x.bfloat16(), halves)

    return run


def _forward(x: torch.Tensor, parameters: Parameters) -> torch.Tensor:
    w1, b1, w2, b2, w3, b3 = parameters
    x = functional.linear(x.flatten(1), w1, b1).relu()
    x = functional.linear(x, w2, b2).relu()
    return functional.linear(x, w3, b3)


def _rounded(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Each row in steps of 1/127 of its largest number: int8, and the steps (rows, 1)."""
    step = rows.abs().amax(dim=1, keepdim=True).clamp_min(1e-12) / 127
    return (rows / step).round_().to(torch.int8), step
