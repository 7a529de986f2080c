"""Product of a Hessian and a vector, for Rosenbrock's function: the matrix itself is not asked for.

Each variant takes ``x`` and ``v``, both (n,) in float32, and returns (n,) in float32.
"""

import torch

from ._rosenbrock import rosenbrock


def whole_hessian(x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Make the matrix, multiply: n times the work and the memory of the next variants.

    AG-03.
    """
    return torch.func.hessian(rosenbrock)(x) @ v


def forward_over_reverse(x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Push the gradient forward along ``v``: no second graph is kept.

    AG-03.
    """
    return torch.func.jvp(torch.func.grad(rosenbrock), (x,), (v,))[1]


def reverse_over_reverse(x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Pull ``v`` back through the gradient.

    AG-03.
    """
    return torch.func.vjp(torch.func.grad(rosenbrock), x)[1](v)[0]


def double_backward(x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """The same without ``torch.func``: keep the graph of the gradient, and go back through it from ``v``.

    AG-03.
    """
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(rosenbrock(x), x, create_graph=True)
    return torch.autograd.grad(gradient, x, v)[0]
