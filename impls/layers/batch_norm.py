"""Batch norm in training: each channel by the mean and deviation of its own batch, ``gamma (x - m) / s + beta``.

Each variant takes ``x`` (batch, channels, height, width), ``gamma`` and ``beta`` (channels,) in float32 and returns the
shape of ``x``. The variance is the biased one, 1e-5 is added to it, and running statistics are off.
"""

import torch
from torch.nn import functional


def written_out(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
    """The formula by broadcasting: the batch is read six times over.

    LY-03.
    """
    mean = x.mean((0, 2, 3), keepdim=True)
    deviation = ((x - mean).pow(2).mean((0, 2, 3), keepdim=True) + 1e-5).sqrt()
    return gamma[:, None, None] * (x - mean) / deviation + beta[:, None, None]


def var_mean(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
    """Both statistics in one call, whose careful algorithm costs a CPU more than all that it saves.

    LY-03.
    """
    variance, mean = torch.var_mean(x, (0, 2, 3), correction=0, keepdim=True)
    scale = gamma[:, None, None] * (variance + 1e-5).rsqrt()
    return (x - mean).mul_(scale).add_(beta[:, None, None])


def batch_norm(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
    """One call: a pass for the statistics and a pass for the answer.

    LY-03.
    """
    return functional.batch_norm(x, None, None, gamma, beta, training=True)
