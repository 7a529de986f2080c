"""The gradient of relu: ``slope`` where ``x`` is positive, 0 elsewhere.

Each variant takes ``x`` and ``slope``, both (rows, columns) in float32, and returns that shape. No ``x`` is 0:
there ``clamp_min`` handed the slope on until torch 2.13, and the others do not.
"""

import torch


def clamp_min(x: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
    """Autograd of the lesson's forward pass: forward, graph, and a choice for each element.

    LY-07.
    """
    leaf = x.detach().requires_grad_()
    return torch.autograd.grad(leaf.clamp_min(0.0), leaf, slope)[0]


def relu(x: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
    """Autograd of ``relu``: its backward is one kernel.

    LY-07.
    """
    leaf = x.detach().requires_grad_()
    return torch.autograd.grad(torch.relu(leaf), leaf, slope)[0]


def mask(x: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
    """By hand, as the lesson has it: a mask of bytes and a product; no forward pass.

    LY-07.
    """
    return (x > 0) * slope
