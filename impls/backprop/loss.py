"""The forward half of the lesson's table: output and loss, with everything kept that a backward needs.

Each variant takes ``x`` (n, 784), ``target`` (n,), ``w1`` (784, 50), ``b1`` (50,), ``w2`` (50, 1) and ``b2`` (1,), all
float32, and returns the output (n, 1) and the loss (). The network is built before the clock starts.
"""

from collections.abc import Callable

import torch

from .._contract import prepared
from . import _refactorings as lesson
from ._watch import Watch

Forward = Callable[[], tuple[torch.Tensor, torch.Tensor]]


def functions(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Functions: what a backward needs is in local variables, and gone when the function returns.

    BP-02.
    """
    l1 = lesson.lin(x, w1, b1)
    l2 = lesson.relu(l1)
    output = lesson.lin(l2, w2, b2)
    return output, lesson.mse(output, target)


@prepared
def layers(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Forward:
    """A class for each layer, which keeps input and output: the arithmetic is the same, so is the time.

    BP-03.
    """
    network = lesson.layers(w1, b1, w2, b2)
    return lambda: network(x, target)


@prepared
def module_einsum(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Forward:
    """A base class keeps input and output; einsum is in the backward only.

    BP-04.
    """
    network = lesson.modules_einsum(w1, b1, w2, b2)
    return lambda: network(x, target)


@prepared
def module_matmul(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Forward:
    """The very forward of ``module_einsum``: whatever lies between their times is noise.

    BP-05.
    """
    network = lesson.modules_matmul(w1, b1, w2, b2)
    return lambda: network(x, target)


@prepared
def linears(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Forward:
    """``nn.Linear``, and autograd records the graph: the bias comes with the product.

    BP-06. The parameters are copied into the layers when they have changed, not in every call.
    """
    parameters = w1, b1, w2, b2
    network, watch = lesson.Linears(*parameters), Watch(*parameters)

    def run() -> tuple[torch.Tensor, torch.Tensor]:
        if watch.changed():
            network.take(*parameters)
        output = network(x)
        return output, lesson.mse(output, target)

    return run
