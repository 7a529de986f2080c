"""Mean squared error of ``predictions`` (n, 1), as a layer with one output gives them, and ``targets`` (n,): shape ().

Subtracted as they are, the two broadcast to (n, n). The result is then different, so no variant does that here.
"""

import torch
from torch.nn import functional


def diagonal(predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mistake with its result corrected: all n^2 differences are computed and squared, and the n right ones kept.

    BC-03. It shows the cost of the mistake; nobody would write this correction.
    """
    return (predictions - targets).pow(2).diagonal().mean()


def squeezed(predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The predictions as a vector: one view saves the other n - 1 columns.

    BC-03.
    """
    return (predictions.squeeze(-1) - targets).pow(2).mean()


def mse_loss(predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The library's function, which squares the differences as it makes them, and warns where shapes differ.

    BC-03.
    """
    return functional.mse_loss(predictions.squeeze(-1), targets)
