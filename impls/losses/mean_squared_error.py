"""Mean squared error of ``prediction`` (n,) and ``target`` (n,) in float32: shape ()."""

import torch
from torch.nn import functional


def power(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """As the sources write it: difference, power, mean.

    LS-05.
    """
    return (prediction - target).pow(2).mean()


def mse_loss(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """One call: the square of the difference in one kernel, its mean in a second.

    LS-05.
    """
    return functional.mse_loss(prediction, target)


def dot(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The difference times itself in the BLAS: the squares are never written.

    LS-05.
    """
    difference = prediction - target
    return torch.dot(difference, difference) / len(difference)
