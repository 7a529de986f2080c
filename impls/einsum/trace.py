"""Trace of a square matrix as ``ii->``: ``m`` (i, i), the sum of its diagonal, shape ()."""

import torch


def einsum(m: torch.Tensor) -> torch.Tensor:
    """A letter twice in one operand means its diagonal: a view, then a sum.

    ES-03.
    """
    return torch.einsum("ii->", m)


def diagonal_sum(m: torch.Tensor) -> torch.Tensor:
    """The two operators that einsum runs.

    ES-03.
    """
    return m.diagonal().sum()


def trace(m: torch.Tensor) -> torch.Tensor:
    """One operator with a name of its own: on a CPU a plain loop along the diagonal, in float64.

    ES-03.
    """
    return torch.trace(m)
