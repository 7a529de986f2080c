"""A matrix plus a column: ``a`` (n, n), ``b`` (n, 1), the sum (n, n), with ``b`` added to every column of ``a``."""

import torch


def repeat(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Copy the column until the shapes are equal: one more matrix is written, and read again.

    BC-01.
    """
    return a + b.repeat(1, a.shape[1])


def expand(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A view that looks as large, with a stride of 0: the copy is gone, one more tensor object is left.

    BC-01.
    """
    return a + b.expand_as(a)


def broadcast(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The operator stretches axes of length 1 by itself: the shortest way to write it, and nothing is copied.

    BC-01.
    """
    return a + b
