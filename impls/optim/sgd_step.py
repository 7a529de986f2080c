"""One step of SGD with momentum: lists ``parameters``, ``gradients``, ``momenta`` of float32 tensors of equal shapes.

Each variant returns the new parameters and the new momenta as two lists. Optimizers change theirs in place, so each
call first copies the given values into tensors of its own, which costs all variants the same.
"""

import torch
from torch import nn

from .._contract import prepared

RATE, MOMENTUM = 0.01, 0.9
Tensors = list[torch.Tensor]


def _own(tensors: Tensors) -> Tensors:
    return [torch.empty_like(tensor) for tensor in tensors]


def _with(parameters: Tensors, gradients: Tensors, momenta: Tensors, **options: bool):
    own = [nn.Parameter(torch.empty_like(tensor)) for tensor in parameters]
    held = _own(momenta)
    optimizer = torch.optim.SGD(own, lr=RATE, momentum=MOMENTUM, **options)
    for p, gradient, momentum in zip(own, gradients, held, strict=True):
        p.grad = gradient
        optimizer.state[p]["momentum_buffer"] = momentum

    def run() -> tuple[Tensors, Tensors]:
        with torch.no_grad():
            torch._foreach_copy_(own, parameters)
            torch._foreach_copy_(held, momenta)
        optimizer.step()
        return [p.detach() for p in own], held

    return run


@prepared
def loop(parameters: Tensors, gradients: Tensors, momenta: Tensors):
    """``torch.optim.SGD`` with a loop over the parameters: two operators for each.

    OP-03.
    """
    return _with(parameters, gradients, momenta, foreach=False)


@prepared
def by_hand(parameters: Tensors, gradients: Tensors, momenta: Tensors):
    """The two lines of the rule, without the optimizer's bookkeeping.

    OP-03.
    """
    own, held = _own(parameters), _own(momenta)

    def run() -> tuple[Tensors, Tensors]:
        torch._foreach_copy_(own, parameters)
        torch._foreach_copy_(held, momenta)
        for p, gradient, momentum in zip(own, gradients, held, strict=True):
            momentum.mul_(MOMENTUM).add_(gradient)
            p.sub_(momentum, alpha=RATE)
        return own, held

    return run


@prepared
def foreach(parameters: Tensors, gradients: Tensors, momenta: Tensors):
    """The optimizer over lists: the loop runs in C++, and on CUDA in a few kernels.

    OP-03.
    """
    return _with(parameters, gradients, momenta, foreach=True)


@prepared
def foreach_by_hand(parameters: Tensors, gradients: Tensors, momenta: Tensors):
    """The three calls that ``foreach`` ends in, alone.

    OP-03.
    """
    own, held = _own(parameters), _own(momenta)

    def run() -> tuple[Tensors, Tensors]:
        torch._foreach_copy_(own, parameters)
        torch._foreach_copy_(held, momenta)
        torch._foreach_mul_(held, MOMENTUM)
        torch._foreach_add_(held, gradients)
        torch._foreach_add_(own, held, alpha=-RATE)
        return own, held

    return run


@prepared
def fused(parameters: Tensors, gradients: Tensors, momenta: Tensors):
    """One kernel reads parameter, gradient and momentum once and writes two of them.

    OP-03.
    """
    return _with(parameters, gradients, momenta, fused=True)


@prepared
def flat(parameters: Tensors, gradients: Tensors, momenta: Tensors):
    """All parameters in one block, and so their momenta: three operators, however many tensors there are.

    OP-03. The gradients come as a list here; backward can be made to write into one block.
    """
    sizes = [tensor.numel() for tensor in parameters]
    block, slope, momentum = (torch.empty(sum(sizes), device=parameters[0].device) for _ in range(3))
    own, slopes, held = (
        [part.view_as(like) for part, like in zip(whole.split(sizes), parameters, strict=True)]
        for whole in (block, slope, momentum)
    )

    def run() -> tuple[Tensors, Tensors]:
        torch._foreach_copy_(own, parameters)
        torch._foreach_copy_(held, momenta)
        torch._foreach_copy_(slopes, gradients)
        momentum.mul_(MOMENTUM).add_(slope)
        block.sub_(momentum, alpha=RATE)
        return own, held

    return run
