"""The backward half of the lesson's table, alone: gradients of the parameters from a forward that is done already.

Each variant takes ``x`` (n, 784), ``target`` (n,), ``w1`` (784, 50), ``b1`` (50,), ``w2`` (50, 1) and ``b2`` (1,), all
float32, and returns the gradients of ``w1``, ``b1``, ``w2`` and ``b2`` in these shapes. Its callable runs the forward
only when one of its inputs was written to since the last call; every call runs the whole backward. So a timed call is
the backward alone, as in the source's ``%time model.backward()``, and an answer still follows the inputs.
"""

from collections.abc import Callable
from typing import Any

import torch

from .._contract import prepared
from . import _refactorings as lesson
from ._watch import Watch

Backward = Callable[[], tuple[torch.Tensor, ...]]


@prepared
def layers_outer(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Backward:
    """The formula as it is derived: one outer product for each row, n x 784 x 50 elements written, read and summed.

    BP-03. The source leaves the time of this backward out.
    """
    return _by_hand(lesson.layers, x, target, w1, b1, w2, b2)


@prepared
def module_einsum(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Backward:
    """The outer product and its sum in one einsum: nothing of that size is ever written.

    BP-04.
    """
    return _by_hand(lesson.modules_einsum, x, target, w1, b1, w2, b2)


@prepared
def module_matmul(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Backward:
    """The same as a matrix product: what einsum calls in the end.

    BP-05.
    """
    return _by_hand(lesson.modules_matmul, x, target, w1, b1, w2, b2)


@prepared
def autograd_inputs(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Backward:
    """Autograd asked for the gradient of ``x`` too: the work that was done by hand, so the pair to compare.

    BP-06, AG-05.
    """
    return _by_autograd(x.detach().requires_grad_(), target, (w1, b1, w2, b2), (x, target, w1, b1, w2, b2))


@prepared
def module_parameters(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Backward:
    """By hand without the gradient of ``x``, which is not needed: half of the products go.

    BP-05, AG-05.
    """
    return _by_hand(lesson.modules_parameters, x, target, w1, b1, w2, b2)


@prepared
def autograd(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Backward:
    """Autograd as it comes: it sees that ``x`` wants no gradient, and leaves that product out by itself.

    BP-06.
    """
    return _by_autograd(x, target, (w1, b1, w2, b2), (x, target, w1, b1, w2, b2))


def _backward_alone(forward: Callable[[], Any], backward: Backward, inputs: tuple[torch.Tensor, ...]) -> Backward:
    watch = Watch(*inputs)

    def run() -> tuple[torch.Tensor, ...]:
        if watch.changed():
            forward()
        return backward()

    return run


def _by_hand(build: Callable[..., lesson.Network], *inputs: torch.Tensor) -> Backward:
    x, target, *parameters = lesson.aliases(*inputs)
    network = build(*parameters)

    def backward() -> tuple[torch.Tensor, ...]:
        network.backward()
        return lesson.gradients(*parameters)

    return _backward_alone(lambda: network(x, target), backward, inputs)


def _by_autograd(
    x: torch.Tensor, target: torch.Tensor, parameters: tuple[torch.Tensor, ...], inputs: tuple[torch.Tensor, ...]
) -> Backward:
    network = lesson.Linears(*parameters)
    first, second = network.layers
    wanted = [first.weight, first.bias, second.weight, second.bias, *([x] if x.requires_grad else [])]
    loss = torch.empty(0)

    def forward() -> None:
        nonlocal loss
        network.take(*parameters)
        loss = lesson.mse(network(x), target)

    def backward() -> tuple[torch.Tensor, ...]:
        w1, b1, w2, b2, *_ = torch.autograd.grad(loss, wanted, retain_graph=True)
        return w1.t(), b1, w2.t(), b2

    return _backward_alone(forward, backward, inputs)
