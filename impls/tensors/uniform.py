"""Random numbers between two bounds: ``bounds``, (2,) in float32, holds ``low`` and ``high``, and there are ``n``.

Each variant returns (n,) in float32, fresh numbers in each call, uniform between ``low`` and ``high``.
"""

import random

import torch

from .._contract import needs, prepared


def python(bounds: torch.Tensor, n: int) -> torch.Tensor:
    """Python's own generator, number by number.

    TN-05.
    """
    low, high = bounds.tolist()
    return torch.tensor([random.uniform(low, high) for _ in range(n)], device=bounds.device)


@needs("cpu")
def numpy_global(bounds: torch.Tensor, n: int) -> torch.Tensor:
    """``np.random.uniform``: in float64 from the older generator, then converted.

    TN-05.
    """
    import numpy as np

    low, high = bounds.tolist()
    return torch.from_numpy(np.random.uniform(low, high, n)).float()


def distribution(bounds: torch.Tensor, n: int) -> torch.Tensor:
    """``torch.distributions``: bounds are checked and expanded to the sample's shape before ``expression`` follows.

    TN-05.
    """
    return torch.distributions.Uniform(*bounds).sample((n,))


def expression(bounds: torch.Tensor, n: int) -> torch.Tensor:
    """The source's ``rand(n) * 20 - 10``: two more passes over the numbers.

    TN-05.
    """
    low, high = bounds.tolist()
    return torch.rand(n, device=bounds.device) * (high - low) + low


def uniform(bounds: torch.Tensor, n: int) -> torch.Tensor:
    """``empty`` and ``uniform_``: the bounds are applied as the numbers are drawn.

    TN-05.
    """
    return torch.empty(n, device=bounds.device).uniform_(*bounds.tolist())


@prepared
def kept(bounds: torch.Tensor, n: int):
    """The same into a tensor that was there before.

    TN-05.
    """
    out = torch.empty(n, device=bounds.device)
    return lambda: out.uniform_(*bounds.tolist())


@prepared
@needs("cpu")
def numpy(bounds: torch.Tensor, n: int):
    """The newer generator of numpy, kept, in float32; the bounds are applied in place.

    TN-05.
    """
    import numpy as np

    generator = np.random.default_rng()

    def draw() -> torch.Tensor:
        low, high = bounds.tolist()
        numbers = generator.random(n, dtype=np.float32)
        numbers *= high - low
        numbers += low
        return torch.from_numpy(numbers)

    return draw
