"""Batch norm in evaluation: mean and variance are given, so it is one product and one sum for each element.

Each variant takes ``x`` (batch, channels, height, width) and ``mean``, ``variance``, ``gamma``, ``beta`` (channels,),
all in float32, and returns the shape of ``x``. 1e-5 is added to the variance.
"""

import torch
from torch.nn import functional

Channels = torch.Tensor


def written_out(x: torch.Tensor, mean: Channels, variance: Channels, gamma: Channels, beta: Channels) -> torch.Tensor:
    """The formula by broadcasting: four passes over the batch, for numbers that were known before.

    LY-03.
    """
    mean, variance, gamma, beta = (each[:, None, None] for each in (mean, variance, gamma, beta))
    return gamma * (x - mean) / (variance + 1e-5).sqrt() + beta


def scale_and_shift(
    x: torch.Tensor, mean: Channels, variance: Channels, gamma: Channels, beta: Channels
) -> torch.Tensor:
    """Combine the small tensors first; this is also what is folded into the weights of a convolution before it.

    LY-03.
    """
    scale = gamma * (variance + 1e-5).rsqrt()
    shift = beta - mean * scale
    return torch.addcmul(shift[:, None, None], x, scale[:, None, None])


def batch_norm(x: torch.Tensor, mean: Channels, variance: Channels, gamma: Channels, beta: Channels) -> torch.Tensor:
    """One call, one pass.

    LY-03.
    """
    return functional.batch_norm(x, mean, variance, gamma, beta, training=False)
