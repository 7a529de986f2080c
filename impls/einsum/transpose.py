"""Transpose of a matrix as ``ij->ji``: ``m`` (i, j), the answer (j, i). Every variant returns a view of ``m``."""

import torch


def einsum(m: torch.Tensor) -> torch.Tensor:
    """A transpose by formula moves nothing either: parsing and a permuted view is all there is to time.

    ES-02.
    """
    return torch.einsum("ij->ji", m)


def transpose(m: torch.Tensor) -> torch.Tensor:
    """Two axes change places in the sizes and the strides: one tensor object, whatever the size of the matrix.

    ES-02.
    """
    return m.transpose(0, 1)
