"""Frobenius norm of a matrix ``m`` (n, n): the root of the sum of the squares, shape ()."""

import torch

from .._contract import needs


def norm_float64(m: torch.Tensor) -> torch.Tensor:
    """Its sum in float64: right at any size, and slower than the formula with its temporaries.

    MM-05.
    """
    return torch.linalg.vector_norm(m, dtype=torch.float64).float()


def power(m: torch.Tensor) -> torch.Tensor:
    """``pow`` looks for exponents that it knows: the square costs no power.

    MM-05.
    """
    return m.pow(2).sum().sqrt()


def written_out(m: torch.Tensor) -> torch.Tensor:
    """As the formula has it: a temporary as large as the matrix is written and read again.

    MM-05.
    """
    return (m * m).sum().sqrt()


@needs("cpu")
def numpy(m: torch.Tensor) -> torch.Tensor:
    """The dot product of the flat array with itself, in numpy's BLAS.

    MM-05.
    """
    import numpy as np

    return torch.tensor(np.linalg.norm(m.numpy()))


def linalg_norm(m: torch.Tensor) -> torch.Tensor:
    """Asks which norm of which rank is meant, then calls ``vector_norm``.

    MM-05.
    """
    return torch.linalg.norm(m)


def vector_norm(m: torch.Tensor) -> torch.Tensor:
    """One pass over the matrix and no temporary, but the sum is kept in float32: over millions of numbers it is off.

    MM-05.
    """
    return torch.linalg.vector_norm(m)


def flat_dot(m: torch.Tensor) -> torch.Tensor:
    """The matrix as one vector, times itself, in the BLAS.

    MM-05.
    """
    flat = m.view(-1)
    return torch.dot(flat, flat).sqrt()
