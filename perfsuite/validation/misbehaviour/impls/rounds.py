"""An honest variant below a line that lowers precision for the whole process."""

import torch

torch.backends.cuda.matmul.fp32_precision = "tf32"


def good(x: torch.Tensor) -> torch.Tensor:
    """Honest."""
    return x + 1
