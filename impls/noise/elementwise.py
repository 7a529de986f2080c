"""A chain of elementwise operators: ``x`` of shape (n,) in float32 becomes ``tanh(2 x + 1) x`` of shape (n,)."""

import torch


def chain(x: torch.Tensor) -> torch.Tensor:
    """Four operators, each with an output of its own: at 4 MB where they come to lie decides the time."""
    y = x * 2
    y = y + 1
    y = torch.tanh(y)
    return y * x
