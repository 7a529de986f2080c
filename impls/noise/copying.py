"""A copy of ``x``, shape (n,), float32."""

import torch


def clone(x: torch.Tensor) -> torch.Tensor:
    """Fresh memory for each copy: the allocator is half of what is timed."""
    return x.clone()
