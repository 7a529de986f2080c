"""A line by gradient descent: ``x`` and ``y`` of shape (100,), ``start`` = ``[a, b]``, ``steps`` steps at rate 0.1.

Each variant returns ``[a, b]`` of ``y = a x + b`` after the last step, shape (2,).
"""

import torch
from torch import nn

from .._contract import needs, prepared

RATE = 0.1


class _Net(nn.Module):
    """The source's module: two scalars."""

    def __init__(self, start: torch.Tensor) -> None:
        super().__init__()
        self.a = nn.Parameter(start[:1].clone())
        self.b = nn.Parameter(start[1:].clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.a * x + self.b


def net(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor, steps: int) -> torch.Tensor:
    """The source's loop: a module of two scalars, mean squared error, ``optim.SGD``.

    OP-02. Nearly all of a step is the cost of some forty operators on a hundred numbers.
    """
    model = _Net(start)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    for _ in range(steps):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return torch.cat([model.a, model.b]).detach()


def linear(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor, steps: int) -> torch.Tensor:
    """``nn.Linear(1, 1)`` in its place, with a dimension put in and taken out again: the source's second form.

    OP-02.
    """
    model = nn.utils.skip_init(nn.Linear, 1, 1, device=x.device)
    with torch.no_grad():
        model.weight.fill_(start[0])
        model.bias.fill_(start[1])
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    for _ in range(steps):
        loss = nn.functional.mse_loss(model(x.unsqueeze(1)).squeeze(1), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return torch.cat([model.weight.flatten(), model.bias]).detach()


def foreach(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor, steps: int) -> torch.Tensor:
    """The optimizer's step over lists: two parameters are few.

    OP-02.
    """
    model = _Net(start)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, foreach=True)
    for _ in range(steps):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return torch.cat([model.a, model.b]).detach()


def manual(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor, steps: int) -> torch.Tensor:
    """Without an optimizer: ``p -= rate * p.grad`` is all that plain SGD does.

    OP-02.
    """
    a, b = (part.clone().requires_grad_() for part in start.split(1))
    for _ in range(steps):
        nn.functional.mse_loss(a * x + b, y).backward()
        with torch.no_grad():
            for p in (a, b):
                p -= RATE * p.grad
                p.grad = None
    return torch.cat([a, b]).detach()


def analytic(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor, steps: int) -> torch.Tensor:
    """The two derivatives written out: no graph, a third of the operators.

    OP-02.
    """
    a, b = start
    for _ in range(steps):
        slope = 2 * (a * x + b - y)
        a, b = a - RATE * (slope * x).mean(), b - RATE * slope.mean()
    return torch.stack([a, b])


@needs("cpu")
def numpy(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor, steps: int) -> torch.Tensor:
    """The same lines in numpy.

    OP-02.
    """
    xs, ys = x.numpy(), y.numpy()
    a, b = start.numpy()
    for _ in range(steps):
        slope = 2 * (a * xs + b - ys)
        a, b = a - RATE * (slope * xs).mean(), b - RATE * slope.mean()
    return torch.tensor([a, b], dtype=torch.float32)


def sums_first(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor, steps: int) -> torch.Tensor:
    """Both derivatives are linear in ``[a, b]``: five sums hold all the data, and a step is a 2 x 2 product.

    OP-02.
    """
    features = torch.stack([x, torch.ones_like(x)])
    matrix = features @ features.T * (2 * RATE / len(x))
    side = features @ y * (2 * RATE / len(x))
    w = start.clone()
    for _ in range(steps):
        w = w - (matrix @ w - side)
    return w


@prepared
@needs("numba", "cpu")
def numba(x: torch.Tensor, y: torch.Tensor, start: torch.Tensor, steps: int):
    """The analytic loop compiled: what the arithmetic costs.

    OP-02.
    """
    from numba import njit

    @njit(cache=True)
    def fit(x, y, a, b, steps):  # pragma: no cover
        for _ in range(steps):
            da, db = 0.0, 0.0
            for i in range(len(x)):
                slope = 2 * (a * x[i] + b - y[i])
                da += slope * x[i]
                db += slope
            a -= RATE * da / len(x)
            b -= RATE * db / len(x)
        return a, b

    fit(x.numpy(), y.numpy(), float(start[0]), float(start[1]), 1)
    return lambda: torch.tensor(fit(x.numpy(), y.numpy(), float(start[0]), float(start[1]), steps), dtype=torch.float32)
