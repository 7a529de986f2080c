"""``max(x, 0)`` of each element of ``x`` (rows, columns) in float32: the same numbers from each variant."""

import torch


def half_sum(x: torch.Tensor) -> torch.Tensor:
    """``(x + |x|) / 2``: three operators, two temporaries.

    LY-07.
    """
    return (x + x.abs()) / 2


def mask(x: torch.Tensor) -> torch.Tensor:
    """``x`` times where it is positive: a mask of bytes is written and widened; -inf and nan come out as nan.

    LY-07.
    """
    return x * (x > 0)


def where(x: torch.Tensor) -> torch.Tensor:
    """Choose by a mask: on a CPU a branch for each element, mispredicted at random signs; nan becomes 0.

    LY-07.
    """
    return torch.where(x > 0, x, 0.0)


def clamp_min(x: torch.Tensor) -> torch.Tensor:
    """The lesson's "one C function".

    LY-07.
    """
    return x.clamp_min(0.0)


def relu(x: torch.Tensor) -> torch.Tensor:
    """The function of that name; it runs the kernel of ``clamp_min``.

    LY-07.
    """
    return torch.relu(x)
