"""The output of a two-layer network: lin, ReLU - 0.5, lin.

Each variant takes ``x`` (n, 784), ``w1`` (784, 50), ``b1`` (50,), ``w2`` (50, 1) and ``b2`` (1,), all float32, and
returns the output (n, 1). Nothing is kept for a backward unless the variant says so.
"""

from collections.abc import Callable

import torch
from torch.nn import functional

from .._contract import prepared
from . import _refactorings as lesson
from ._watch import Watch

Output = Callable[[], torch.Tensor]


def functions(x: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor) -> torch.Tensor:
    """Three functions, one after the other: each operator writes (n, 50) to memory anew, four times in all.

    BP-01.
    """
    return lesson.lin(lesson.relu(lesson.lin(x, w1, b1)), w2, b2)


@prepared
def linears(x: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor) -> Output:
    """``nn.Linear`` as it comes: its parameters want gradients, so a graph is recorded and (n, 50) is kept.

    BP-01. The parameters are copied into the layers when they have changed, not in every call.
    """
    return _in_linears(x, (w1, b1, w2, b2), tracked=True)


@prepared
def linears_inference(
    x: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Output:
    """The same under ``inference_mode``: no graph, nothing kept.

    BP-01. The parameters are copied into the layers when they have changed, not in every call.
    """
    return _in_linears(x, (w1, b1, w2, b2), tracked=False)


def addmm(x: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor) -> torch.Tensor:
    """Product and bias in one call, as ``nn.Linear`` has them: one pass over (n, 50) less.

    BP-01.
    """
    hidden = torch.addmm(b1, x, w1).clamp_min(0.0) - 0.5
    return torch.addmm(b2, hidden, w2)


def in_place(x: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor) -> torch.Tensor:
    """ReLU and shift over the product's own memory: one (n, 50) is allocated where there were three.

    BP-01. A backward would miss what is overwritten.
    """
    hidden = functional.relu_(torch.addmm(b1, x, w1)).sub_(0.5)
    return torch.addmm(b2, hidden, w2)


@prepared
def out(x: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor) -> Output:
    """The same into memory allocated before: no page of it is touched for the first time in the call.

    BP-01.
    """
    hidden = torch.empty(x.shape[0], w1.shape[1], device=x.device)
    output = torch.empty(x.shape[0], 1, device=x.device)

    def run() -> torch.Tensor:
        functional.relu_(torch.addmm(b1, x, w1, out=hidden)).sub_(0.5)
        return torch.addmm(b2, hidden, w2, out=output)

    return run


def _in_linears(x: torch.Tensor, parameters: tuple[torch.Tensor, ...], tracked: bool) -> Output:
    network, watch = lesson.Linears(*parameters), Watch(*parameters)

    def run() -> torch.Tensor:
        if watch.changed():
            network.take(*parameters)
        with torch.inference_mode(not tracked):
            return network(x)

    return run
