"""A hundred times the same matrix, ``x <- a x``: the lesson's stand-in for a deep network.

Each variant takes ``a`` (n, n), which lets the numbers neither explode nor vanish, and ``x`` (n, columns), both
float32, and returns ``a^100 x``.
"""

import torch

from .._contract import needs

TIMES = 100


def matrix_power(a: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The library's power: it squares, eight products of matrices in place of a hundred.

    MD-09.
    """
    return torch.linalg.matrix_power(a, TIMES) @ x


def squaring(a: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Square by hand and apply at once: 100 = 64 + 32 + 4, so six squares, and three products with ``x``.

    MD-09. The work hardly depends on how many columns there are.
    """
    times = TIMES
    while True:
        if times % 2:
            x = a @ x
        times //= 2
        if not times:
            return x
        a = a @ a


def vector(a: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """One column as a vector, ``mv``: another operator for the same numbers.

    MD-09.
    """
    y = x.squeeze(1)
    for _ in range(TIMES):
        y = torch.mv(a, y)
    return y.unsqueeze(1)


def loop(a: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The lesson's loop: with one column each product reads all of ``a`` for two FLOPs an element.

    MD-09.
    """
    for _ in range(TIMES):
        x = a @ x
    return x


@needs("cpu")
def numpy(a: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The lesson's loop in numpy.

    MD-09.
    """
    matrix, y = a.numpy(), x.numpy()
    for _ in range(TIMES):
        y = matrix @ y
    return torch.from_numpy(y)
