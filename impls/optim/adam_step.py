"""A step of Adam: lists ``parameters``, ``gradients``, ``means`` and ``squares`` of float32 tensors of equal shapes.

It is the tenth step. Each variant returns the new parameters, means and squares as three lists. Optimizers change
theirs in place, so each call first copies the given values into tensors of its own, which costs all variants the same.
"""

import torch
from torch import nn

from .._contract import prepared

RATE, BETA1, BETA2, EPS = 0.001, 0.9, 0.999, 1e-8
BEFORE = 9  # steps that were made already
Tensors = list[torch.Tensor]
State = tuple[Tensors, Tensors, Tensors]


def _own(tensors: Tensors) -> Tensors:
    return [torch.empty_like(tensor) for tensor in tensors]


def _with(parameters: Tensors, gradients: Tensors, means: Tensors, squares: Tensors, **options: bool):
    own = [nn.Parameter(torch.empty_like(tensor)) for tensor in parameters]
    mean, square = _own(means), _own(squares)
    where = own[0].device if options.get("fused") else "cpu"  # one kernel must find the number of the step there too
    count = [torch.tensor(float(BEFORE), device=where) for _ in own]
    optimizer = torch.optim.Adam(own, lr=RATE, **options)
    for p, gradient, *state in zip(own, gradients, count, mean, square, strict=True):
        p.grad = gradient
        optimizer.state[p] = dict(zip(("step", "exp_avg", "exp_avg_sq"), state, strict=True))

    def run() -> State:
        with torch.no_grad():
            torch._foreach_copy_(own, parameters)
            torch._foreach_copy_(mean, means)
            torch._foreach_copy_(square, squares)
        for steps in count:
            steps.fill_(BEFORE)
        optimizer.step()
        return [p.detach() for p in own], mean, square

    return run


@prepared
def loop(parameters: Tensors, gradients: Tensors, means: Tensors, squares: Tensors):
    """``torch.optim.Adam`` with a loop over the parameters: some ten operators for each.

    OP-03.
    """
    return _with(parameters, gradients, means, squares, foreach=False)


@prepared
def by_hand(parameters: Tensors, gradients: Tensors, means: Tensors, squares: Tensors):
    """The rule's lines, without the optimizer's bookkeeping; the number of the step is a Python number.

    OP-03.
    """
    own, mean, square = _own(parameters), _own(means), _own(squares)

    def run() -> State:
        torch._foreach_copy_(own, parameters)
        torch._foreach_copy_(mean, means)
        torch._foreach_copy_(square, squares)
        step = BEFORE + 1
        root = (1 - BETA2**step) ** 0.5
        for p, g, m, s in zip(own, gradients, mean, square, strict=True):
            m.lerp_(g, 1 - BETA1)
            s.mul_(BETA2).addcmul_(g, g, value=1 - BETA2)
            p.addcdiv_(m, (s.sqrt() / root).add_(EPS), value=-RATE / (1 - BETA1**step))
        return own, mean, square

    return run


@prepared
def foreach(parameters: Tensors, gradients: Tensors, means: Tensors, squares: Tensors):
    """The optimizer over lists: each line of the rule is one call for all parameters.

    OP-03.
    """
    return _with(parameters, gradients, means, squares, foreach=True)


@prepared
def fused(parameters: Tensors, gradients: Tensors, means: Tensors, squares: Tensors):
    """One kernel for the whole rule: four numbers are read and three written, and nothing in between.

    OP-03.
    """
    return _with(parameters, gradients, means, squares, fused=True)
