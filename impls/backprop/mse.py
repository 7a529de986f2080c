"""Mean squared error and its gradient.

Each variant takes ``output`` (n, 1) and ``target`` (n,), both float32, and returns the loss () and its gradient with
respect to ``output``, (n, 1).
"""

import torch
from torch.nn import functional


def autograd(output: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """``mse_loss``, and autograd for the gradient: recording and walking a graph of two nodes.

    BP-08.
    """
    output = output.detach().requires_grad_()
    loss = functional.mse_loss(output.squeeze(-1), target)
    (gradient,) = torch.autograd.grad(loss, output)
    return loss.detach(), gradient


def written_out(output: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The two formulas of the source: each computes the difference again.

    BP-08. ``squeeze(-1)``, for ``squeeze()`` would drop a batch of one as well.
    """
    loss = (output.squeeze(-1) - target).pow(2).mean()
    gradient = 2.0 * (output.squeeze(-1) - target).unsqueeze(-1) / target.shape[0]
    return loss, gradient


def native(output: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The two operators that autograd would call, without autograd.

    BP-08.
    """
    column = target.unsqueeze(-1)
    loss = functional.mse_loss(output, column)
    return loss, torch.ops.aten.mse_loss_backward(torch.ones_like(loss), output, column, 1)


def shared_difference(output: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The difference once for both.

    BP-08.
    """
    difference = output.squeeze(-1) - target
    return difference.square().mean(), (difference * (2.0 / target.shape[0])).unsqueeze(-1)


def dot(output: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A mean of squares is a vector times itself: no squares are written to memory.

    BP-08.
    """
    difference = output.squeeze(-1) - target
    loss = torch.dot(difference, difference) / target.shape[0]
    return loss, difference.mul_(2.0 / target.shape[0]).unsqueeze(-1)
