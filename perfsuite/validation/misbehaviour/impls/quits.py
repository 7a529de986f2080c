"""An honest variant in a file that ends the process."""

import os

import torch

os._exit(9)


def good(x: torch.Tensor) -> torch.Tensor:
    """Honest."""
    return x + 1
