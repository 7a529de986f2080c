"""Honest variants below a line that changes the process for all."""

import torch

torch.set_grad_enabled(False)


def good(x: torch.Tensor) -> torch.Tensor:
    """Honest."""
    return x + 1


def function(x: torch.Tensor) -> torch.Tensor:
    """As honest."""
    return torch.add(x, 1)


def method(x: torch.Tensor) -> torch.Tensor:
    """As honest."""
    return x.add(1)


def swapped(x: torch.Tensor) -> torch.Tensor:
    """As honest."""
    return 1 + x
