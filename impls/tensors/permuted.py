"""A transposed matrix used several times: ``x`` of shape (n, n) is added, transposed, to each matrix of ``ys``.

``ys`` is a list of (n, n). Each variant returns the sums ``x.T + y`` as a list; all in float32.
"""

import torch


def view(x: torch.Tensor, ys: list[torch.Tensor]) -> list[torch.Tensor]:
    """The view is free, and each use pays: along the rows of ``y`` it walks down the columns of ``x``.

    TN-03.
    """
    turned = x.t()
    return [turned + y for y in ys]


def copied(x: torch.Tensor, ys: list[torch.Tensor]) -> list[torch.Tensor]:
    """Pay once: ``contiguous`` writes the transposed matrix out, and each use walks along rows.

    TN-03. The copy goes through ``x`` tile by tile, as the addition does not: one use may be enough.
    """
    turned = x.t().contiguous()
    return [turned + y for y in ys]
