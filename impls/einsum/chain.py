"""Product of a chain of matrices as one formula: ``ij,jk,kl->il``, and with a fourth ``ij,jk,kl,lm->im``.

Each variant takes a list of three or four float32 matrices and returns their product. The answer does not depend on
the order in which they are multiplied; the arithmetic does, by a factor that grows with the sizes.
"""

import functools
from collections.abc import Callable

import torch

from .._contract import needs, prepared
from ._order import in_order

FORMULA = {3: "ij,jk,kl->il", 4: "ij,jk,kl,lm->im"}


@prepared
def einsum_in_order(matrices: list[torch.Tensor]) -> Callable[[], torch.Tensor]:
    """What torch does by itself: it takes one operand after the other as they come, and counts no arithmetic.

    ES-13. Where opt_einsum is installed its plan is switched off.
    """
    return in_order(FORMULA[len(matrices)], *matrices)


def left_to_right(matrices: list[torch.Tensor]) -> torch.Tensor:
    """What ``a @ b @ c`` means by hand: Python multiplies from the left, whatever the shapes.

    ES-13.
    """
    return functools.reduce(torch.mm, matrices)


@needs("cpu")
def numpy_optimized(matrices: list[torch.Tensor]) -> torch.Tensor:
    """Numpy plans the order when asked to: the small product first, for a price in Python on every call.

    ES-13.
    """
    import numpy as np

    return torch.from_numpy(np.einsum(FORMULA[len(matrices)], *(each.numpy() for each in matrices), optimize=True))


@needs("opt_einsum")
def einsum_planned(matrices: list[torch.Tensor]) -> torch.Tensor:
    """With opt_einsum, which no torch requires: its plan, made in Python in every call, must save more than it costs.

    ES-13.
    """
    return torch.einsum(FORMULA[len(matrices)], *matrices)


def multi_dot(matrices: list[torch.Tensor]) -> torch.Tensor:
    """The function made for chains: it counts the arithmetic of every order, in C++, and takes the cheapest.

    ES-13.
    """
    return torch.linalg.multi_dot(matrices)
