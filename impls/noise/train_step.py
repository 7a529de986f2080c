"""One step of gradient descent on a small classifier.

Each variant takes ``x`` (batch, features), ``target`` (batch,) of int64, ``w`` (features, classes) and ``b`` (classes,)
and returns the new ``w`` and ``b``.
"""

import torch


def autograd(
    x: torch.Tensor, target: torch.Tensor, w: torch.Tensor, b: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Forward, backward and a step: some fifty small operators, allocations and Python objects."""
    w = w.detach().clone().requires_grad_()
    b = b.detach().clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy(torch.addmm(b, x, w), target)
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        b -= 0.1 * b.grad
    return w.detach(), b.detach()
