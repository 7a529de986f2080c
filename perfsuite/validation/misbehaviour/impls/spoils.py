"""Honest variants below a line that changes a setting for the whole process."""

import torch

torch.set_grad_enabled(False)


def good(x: torch.Tensor) -> torch.Tensor:
    """Honest."""
    return x + 1


def function(x: torch.Tensor) -> torch.Tensor:
    """Honest, by a function."""
    return torch.add(x, 1)


def method(x: torch.Tensor) -> torch.Tensor:
    """Honest, by a method."""
    return x.add(1)


def swapped(x: torch.Tensor) -> torch.Tensor:
    """Honest, with swapped operands."""
    return 1 + x
