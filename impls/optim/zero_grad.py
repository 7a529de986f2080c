"""Forget the gradients, then compute them anew: a list ``slopes`` of float32 tensors, which the new gradients equal.

The loss is the sum of parameter times slope over all parameters. Each variant clears the gradients that an earlier call
left and returns the new ones as a list. What clearing saves may be paid by backward: both are timed together.
"""

import torch
from torch import nn

from .._contract import prepared

Tensors = list[torch.Tensor]


def _backward(parameters: Tensors, slopes: Tensors) -> None:
    torch.autograd.backward([(p * slope).sum() for p, slope in zip(parameters, slopes, strict=True)])


def _cleared_by(clear, slopes: Tensors):
    parameters = [nn.Parameter(torch.zeros_like(slope)) for slope in slopes]
    optimizer = torch.optim.SGD(parameters, lr=0.1)
    _backward(parameters, slopes)

    def run() -> Tensors:
        clear(optimizer, parameters)
        _backward(parameters, slopes)
        return [p.grad for p in parameters]

    return run


@prepared
def fill(slopes: Tensors):
    """``zero_grad(set_to_none=False)`` in a loop: zeros are written, and backward adds to them.

    OP-04.
    """
    return _cleared_by(lambda _, parameters: [p.grad.zero_() for p in parameters], slopes)


@prepared
def zero_grad_fill(slopes: Tensors):
    """The optimizer's ``set_to_none=False``: it zeroes the whole list in one call.

    OP-04. It was the default until torch 2.0.
    """
    return _cleared_by(lambda optimizer, _: optimizer.zero_grad(set_to_none=False), slopes)


@prepared
def flat(slopes: Tensors):
    """All gradients are views of one block, which one operator clears; backward adds to the views.

    OP-04.
    """
    sizes = [slope.numel() for slope in slopes]
    block = torch.zeros(sum(sizes), device=slopes[0].device)
    views = [part.view_as(slope) for part, slope in zip(block.split(sizes), slopes, strict=True)]
    parameters = [nn.Parameter(torch.zeros_like(slope)) for slope in slopes]

    def run() -> Tensors:
        block.zero_()
        for p, view in zip(parameters, views, strict=True):
            p.grad = view
        _backward(parameters, slopes)
        return [p.grad for p in parameters]

    return run


@prepared
def zero_grad(slopes: Tensors):
    """``optimizer.zero_grad()`` as it is since torch 2.0: the gradients are let go, backward makes new ones.

    OP-04.
    """
    return _cleared_by(lambda optimizer, _: optimizer.zero_grad(), slopes)


@prepared
def none(slopes: Tensors):
    """``p.grad = None`` for each: all that ``zero_grad`` does.

    OP-04.
    """

    def clear(_: torch.optim.Optimizer, parameters: Tensors) -> None:
        for p in parameters:
            p.grad = None

    return _cleared_by(clear, slopes)
