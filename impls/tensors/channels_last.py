"""Channels moved to the end: ``x`` of shape (images, channels, height, width), float32, to (..., width, channels).

The first three variants write the numbers in their new order; the others return a view of ``x``.
"""

import torch

from .._contract import needs


@needs("cpu")
def numpy(x: torch.Tensor) -> torch.Tensor:
    """The copy that numpy makes of its view.

    TN-03.
    """
    import numpy as np

    return torch.from_numpy(np.ascontiguousarray(x.numpy().transpose(0, 2, 3, 1)))


def contiguous(x: torch.Tensor) -> torch.Tensor:
    """Permute and copy.

    TN-03.
    """
    return x.permute(0, 2, 3, 1).contiguous()


def memory_format(x: torch.Tensor) -> torch.Tensor:
    """Copy into the layout that convolutions like, then permute: the same bytes in the same order.

    TN-03.
    """
    return x.contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1)


def einsum(x: torch.Tensor) -> torch.Tensor:
    """A formula in letters that is read in each call: it comes to the same view.

    TN-03.
    """
    return torch.einsum("nchw->nhwc", x)


def movedim(x: torch.Tensor) -> torch.Tensor:
    """Say which dimension goes where, and let the order of the others follow.

    TN-03.
    """
    return x.movedim(1, -1)


def as_strided(x: torch.Tensor) -> torch.Tensor:
    """Sizes and strides given directly, without any check that they are right.

    TN-03.
    """
    (n, c, h, w), (image, channel, row, column) = x.shape, x.stride()
    return x.as_strided((n, h, w, c), (image, row, column, channel))


def permute(x: torch.Tensor) -> torch.Tensor:
    """All dimensions by their numbers.

    TN-03.
    """
    return x.permute(0, 2, 3, 1)
