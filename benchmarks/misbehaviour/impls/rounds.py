"""Honest variants below a line that lets everybody round."""

import torch

torch.backends.cuda.matmul.fp32_precision = "tf32"


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
