"""Honest variants in a file that ends the process."""

import os

import torch

os._exit(9)


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
