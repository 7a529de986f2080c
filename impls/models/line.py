"""A line ``a x + b``, the smallest model of the sources, as a module and without one.

Each variant takes ``x`` (n,), ``a`` () and ``b`` (), float32, and returns (n,). The parameters are frozen, so that no
graph is timed; the modules are made before the clock starts, over the parameters' own memory.
"""

from collections.abc import Callable

import torch
from torch import nn

from .._contract import prepared
from ._networks import over

Line = Callable[[], torch.Tensor]


@prepared
def linear(x: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> Line:
    """The source's second form: ``nn.Linear(1, 1)`` wants columns, so one is made and taken away again.

    MD-04.
    """
    network = over(lambda: nn.Linear(1, 1), [a.view(1, 1), b.view(1)]).requires_grad_(False)
    return lambda: network(x.unsqueeze(1)).squeeze(1)


@prepared
def module(x: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> Line:
    """The source's first form: a class with two numbers for parameters, which are looked up as attributes.

    MD-04.
    """
    network = over(_Net, [a, b]).requires_grad_(False)
    return lambda: network(x)


def function(x: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The formula: two operators.

    MD-04.
    """
    return a * x + b


def addcmul(x: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The formula as one operator.

    MD-04.
    """
    return torch.addcmul(b, a, x)


class _Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.empty(()))
        self.b = nn.Parameter(torch.empty(()))

    def forward(self, x):
        return self.a * x + self.b
