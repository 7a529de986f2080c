"""Hessian of Rosenbrock's function: all second derivatives, n x n of them.

Each variant takes ``x`` (n,) in float32 and returns (n, n) in float32. None knows that three diagonals are all there is
but the last.
"""

import torch

from ._rosenbrock import rosenbrock


def functional(x: torch.Tensor) -> torch.Tensor:
    """The older library function: the loop of the next rung, with checks and copies in each row.

    AG-03.
    """
    return torch.autograd.functional.hessian(rosenbrock, x)


def row_by_row(x: torch.Tensor) -> torch.Tensor:
    """Differentiate the gradient, one element after the other: n backwards, each as expensive as a gradient.

    AG-03.
    """
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(rosenbrock(x), x, create_graph=True)
    rows = [torch.autograd.grad(slope, x, retain_graph=True)[0] for slope in gradient]
    return torch.stack(rows)


def jacrev_twice(x: torch.Tensor) -> torch.Tensor:
    """Reverse over reverse: all rows in one backward, by ``vmap``.

    AG-03.
    """
    return torch.func.jacrev(torch.func.jacrev(rosenbrock))(x)


def forward_over_reverse(x: torch.Tensor) -> torch.Tensor:
    """``torch.func.hessian``: the gradient is pushed forward along all n directions at once.

    AG-03.
    """
    return torch.func.hessian(rosenbrock)(x)


def batched(x: torch.Tensor) -> torch.Tensor:
    """``is_grads_batched``: all rows in one backward, without ``torch.func``.

    AG-03.
    """
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(rosenbrock(x), x, create_graph=True)
    directions = torch.eye(len(x), dtype=x.dtype, device=x.device)
    return torch.autograd.grad(gradient, x, directions, is_grads_batched=True)[0]


def written_out(x: torch.Tensor) -> torch.Tensor:
    """Three diagonals by hand: what knowing the function is worth.

    AG-03.
    """
    diagonal = torch.full_like(x, 202.0)
    diagonal[-1].fill_(200.0)  # assigned, the number would be a tensor of the host first, which no graph can hold
    diagonal[0].fill_(2.0)
    diagonal[:-1] += 1200 * x[:-1].square() - 400 * x[1:]
    beside = -400 * x[:-1]
    return torch.diag(diagonal) + torch.diag(beside, 1) + torch.diag(beside, -1)
