"""An honest variant in a file that cannot be imported."""

import torch

raise RuntimeError("not on Saturdays")


def good(x: torch.Tensor) -> torch.Tensor:
    """Honest."""
    return x + 1
