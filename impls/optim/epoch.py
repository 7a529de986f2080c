"""Steps of a training of 784-50-10: batches of 64 of ``x`` (n, 784) and ``y`` (n,), weights and biases ``start``.

``start`` is ``[w1 (50, 784), b1, w2 (10, 50), b2]``. Each variant goes once through the batches in their order, with
cross entropy and rate 0.1, and returns the four parameters as a list.
"""

import torch
from torch import nn

from .._contract import prepared

BATCH, RATE = 64, 0.1
Tensors = list[torch.Tensor]


def _model(start: Tensors) -> nn.Sequential:
    first = nn.utils.skip_init(nn.Linear, 784, 50, device=start[0].device)
    last = nn.utils.skip_init(nn.Linear, 50, 10, device=start[0].device)
    return nn.Sequential(first, nn.ReLU(), last)


def _back_to(start: Tensors, model: nn.Sequential) -> None:
    with torch.no_grad():
        torch._foreach_copy_(list(model.parameters()), start)


def _parameters(model: nn.Sequential) -> Tensors:
    return [p.detach() for p in model.parameters()]


@prepared
def by_layer(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """The first version: layer by layer, weight and bias by name.

    OP-06.
    """
    model = _model(start)

    def run() -> Tensors:
        _back_to(start, model)
        for i in range(0, len(x), BATCH):
            nn.functional.cross_entropy(model(x[i : i + BATCH]), y[i : i + BATCH]).backward()
            with torch.no_grad():
                for layer in model:
                    if hasattr(layer, "weight"):
                        layer.weight -= layer.weight.grad * RATE
                        layer.bias -= layer.bias.grad * RATE
                        layer.weight.grad.zero_()
                        layer.bias.grad.zero_()
        return _parameters(model)

    return run


@prepared
def by_parameter(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """The module knows its parameters: one loop over all of them.

    OP-06.
    """
    model = _model(start)

    def run() -> Tensors:
        _back_to(start, model)
        for i in range(0, len(x), BATCH):
            nn.functional.cross_entropy(model(x[i : i + BATCH]), y[i : i + BATCH]).backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= p.grad * RATE
                model.zero_grad()
        return _parameters(model)

    return run


class _Optimizer:
    """The home-made one: a step, and clearing."""

    def __init__(self, parameters, rate: float) -> None:
        self.parameters, self.rate = list(parameters), rate

    def step(self) -> None:
        with torch.no_grad():
            for p in self.parameters:
                p -= p.grad * self.rate

    def zero_grad(self) -> None:
        for p in self.parameters:
            p.grad.data.zero_()


def _trained(model: nn.Sequential, optimizer, x: torch.Tensor, y: torch.Tensor, start: Tensors) -> Tensors:
    _back_to(start, model)
    for i in range(0, len(x), BATCH):
        nn.functional.cross_entropy(model(x[i : i + BATCH]), y[i : i + BATCH]).backward()
        optimizer.step()
        optimizer.zero_grad()
    return _parameters(model)


@prepared
def home_made(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """The loop moves into a class of ten lines.

    OP-06.
    """
    model = _model(start)
    optimizer = _Optimizer(model.parameters(), RATE)
    return lambda: _trained(model, optimizer, x, y, start)


@prepared
def sgd(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """``torch.optim.SGD``, which replaces it: hooks, groups and options are asked for in every step.

    OP-06.
    """
    model = _model(start)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    return lambda: _trained(model, optimizer, x, y, start)


@prepared
def sgd_fused(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """One kernel for all parameters.

    OP-06.
    """
    model = _model(start)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, fused=True)
    return lambda: _trained(model, optimizer, x, y, start)


@prepared
def written_out(x: torch.Tensor, y: torch.Tensor, start: Tensors):
    """Forward, backward and step by hand: no module, no graph, no optimizer.

    OP-06. The slope of cross entropy is ``softmax - one_hot``.
    """
    own = [torch.empty_like(tensor) for tensor in start]

    def run() -> Tensors:
        torch._foreach_copy_(own, start)
        w1, b1, w2, b2 = own
        for i in range(0, len(x), BATCH):
            inputs, labels = x[i : i + BATCH], y[i : i + BATCH]
            hidden = torch.addmm(b1, inputs, w1.T).relu_()
            slope = torch.addmm(b2, hidden, w2.T).softmax(1)
            slope[torch.arange(len(labels), device=x.device), labels] -= 1
            slope *= 1 / len(labels)
            back = (slope @ w2).mul_(hidden > 0)
            w2.addmm_(slope.T, hidden, alpha=-RATE)
            b2.sub_(slope.sum(0), alpha=RATE)
            w1.addmm_(back.T, inputs, alpha=-RATE)
            b1.sub_(back.sum(0), alpha=RATE)
        return own

    return run
