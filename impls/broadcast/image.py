"""A picture times a factor for each of its channels.

Each variant takes ``pixels`` (height, width, 3), ``planes`` (3, height, width) with the same numbers one channel after
the other, and ``factors`` (3,), all in float32. It returns the product in the shape of ``pixels`` or of ``planes``.
"""

import torch


def interleaved(pixels: torch.Tensor, planes: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """As the rule for shapes is taught: the last axes match, so no index is written. The last axis is 3 long.

    BC-04.
    """
    return pixels * factors


def row_of_factors(pixels: torch.Tensor, planes: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """Repeat the three factors along one row, and the last axis is as long as a row: a small copy buys vector code.

    BC-04.
    """
    height, width, channels = pixels.shape
    return (pixels.view(height, width * channels) * factors.repeat(width)).view(pixels.shape)


def planar(pixels: torch.Tensor, planes: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """The channels one after the other in memory: each is a long row with one factor.

    BC-04.
    """
    return planes * factors[:, None, None]
