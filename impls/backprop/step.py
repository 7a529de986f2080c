"""Forward and backward together: loss and all gradients, that of the input included.

Each variant takes ``x`` (n, 784), ``target`` (n,), ``w1`` (784, 50), ``b1`` (50,), ``w2`` (50, 1) and ``b2`` (1,), all
float32, and returns the loss () and the gradients of ``x``, ``w1``, ``b1``, ``w2`` and ``b2``.
"""

from collections.abc import Callable

import torch

from .._contract import needs, prepared
from . import _refactorings as lesson

Answer = tuple[torch.Tensor, ...]


def functions(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Answer:
    """One function for each formula and its gradient; the weights' gradient is an outer product, then a sum.

    BP-02.
    """
    x, w1, b1, w2, b2 = tensors = lesson.aliases(x, w1, b1, w2, b2)
    _, loss = lesson.forward_and_backward(x, target, w1, b1, w2, b2)
    return loss, *lesson.gradients(*tensors)


def layers(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Answer:
    """The same formulas in classes: building them costs microseconds.

    BP-03.
    """
    return _by_hand(lesson.layers, x, target, w1, b1, w2, b2)


def module_einsum(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Answer:
    """A base class, and einsum for the outer product and its sum.

    BP-04.
    """
    return _by_hand(lesson.modules_einsum, x, target, w1, b1, w2, b2)


def module_matmul(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Answer:
    """The same with a matrix product.

    BP-05.
    """
    return _by_hand(lesson.modules_matmul, x, target, w1, b1, w2, b2)


def vjp(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Answer:
    """Gradients as a function of a function, ``torch.func``: autograd behind one more layer of wrapping.

    BP-06.
    """
    loss, pull = torch.func.vjp(lambda *inputs: _loss(target, *inputs), x, w1, b1, w2, b2)
    return loss, *pull(torch.ones_like(loss))


def autograd(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Answer:
    """No backward is written: each operator knows its own.

    BP-06, AG-05.
    """
    inputs = [tensor.detach().requires_grad_() for tensor in (x, w1, b1, w2, b2)]
    loss = _loss(target, *inputs)
    return loss.detach(), *torch.autograd.grad(loss, inputs)


def autograd_function(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Answer:
    """The gradients of ``written_out`` as one operator that autograd knows: it then costs one node, not a dozen.

    BP-06.
    """
    inputs = [tensor.detach().requires_grad_() for tensor in (x, w1, b1, w2, b2)]
    loss = _Loss.apply(target, *inputs)
    return loss.detach(), *torch.autograd.grad(loss, inputs)


@prepared
@needs("c++")
def autograd_compiled(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Callable[[], Answer]:
    """``torch.compile`` of the forward: the graph of its backward is compiled with it.

    BP-06.
    """
    compiled = torch.compile(_loss, dynamic=False)
    inputs = [tensor.detach().requires_grad_() for tensor in (x, w1, b1, w2, b2)]

    def run() -> Answer:
        loss = compiled(target, *inputs)
        return loss.detach(), *torch.autograd.grad(loss, inputs)

    run()
    return run


def written_out(
    x: torch.Tensor, target: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> Answer:
    """Both passes in one function: biases with their products, the difference computed once, the mask in place.

    BP-02.
    """
    output, l1 = _forward(x, w1, b1, w2, b2)
    difference = output.squeeze(-1) - target
    return difference.square().mean(), *_backward(x, l1, difference, w1, w2)


def _by_hand(build: Callable[..., lesson.Network], *inputs: torch.Tensor) -> Answer:
    x, target, *parameters = lesson.aliases(*inputs)
    network = build(*parameters)
    _, loss = network(x, target)
    network.backward()
    return loss, *lesson.gradients(x, *parameters)


def _loss(target, x, w1, b1, w2, b2):
    hidden = torch.addmm(b1, x, w1).relu() - 0.5
    return (torch.addmm(b2, hidden, w2).squeeze(-1) - target).square().mean()


def _forward(x, w1, b1, w2, b2):
    """The output (n, 1) and what ReLU gets, (n, 50)."""
    l1 = torch.addmm(b1, x, w1)
    return torch.addmm(b2, l1.clamp_min(0.0) - 0.5, w2), l1


def _backward(x, l1, difference, w1, w2):
    """The five gradients, from the difference of output and target (n,)."""
    slope2 = (difference * (2.0 / len(difference))).unsqueeze(-1)
    slope1 = (slope2 * w2.t()).masked_fill_(l1 <= 0, 0.0)
    l2 = l1.clamp_min(0.0) - 0.5
    return slope1 @ w1.t(), x.t() @ slope1, slope1.sum(0), l2.t() @ slope2, slope2.sum(0)


class _Loss(torch.autograd.Function):
    @staticmethod
    def forward(ctx, target, x, w1, b1, w2, b2):
        output, l1 = _forward(x, w1, b1, w2, b2)
        difference = output.squeeze(-1) - target
        ctx.save_for_backward(x, l1, difference, w1, w2)
        return difference.square().mean()

    @staticmethod
    def backward(ctx, slope):
        x, l1, difference, w1, w2 = ctx.saved_tensors
        return None, *_backward(x, l1, difference * slope, w1, w2)
