"""The squares of ``x``, shape (n,) in float32."""

import torch

from .._contract import needs


def power_of_tensor(x: torch.Tensor) -> torch.Tensor:
    """An exponent for each element: nothing can be known of it beforehand, so every one is a true power.

    RD-03.
    """
    return torch.pow(x, torch.full_like(x, 2))


@needs("cpu")
def numpy(x: torch.Tensor) -> torch.Tensor:
    """Numpy's ``**`` knows the exponent 2.

    RD-03.
    """
    return torch.from_numpy(x.numpy() ** 2)


def operator(x: torch.Tensor) -> torch.Tensor:
    """``x ** 2``: torch sees the 2 and multiplies.

    RD-03.
    """
    return x**2


def power(x: torch.Tensor) -> torch.Tensor:
    """The function behind the operator.

    RD-03.
    """
    return torch.pow(x, 2)


def square(x: torch.Tensor) -> torch.Tensor:
    """Its own name, which is ``pow`` again.

    RD-03.
    """
    return torch.square(x)


def product(x: torch.Tensor) -> torch.Tensor:
    """``x * x``: one multiplication, asked for as such.

    RD-03.
    """
    return x * x
