"""An honest variant below a line that lets everybody round."""

import torch

torch.backends.cuda.matmul.fp32_precision = "tf32"


def good(x: torch.Tensor) -> torch.Tensor:
    """Honest."""
    return x + 1
