"""Normal random numbers: ``moments``, (2,) in float32, holds mean and standard deviation, and there are ``n``.

Each variant returns (n,) in float32, fresh numbers in each call.
"""

import torch

from .._contract import needs, prepared


@prepared
@needs("cpu")
def numpy(moments: torch.Tensor, n: int):
    """The newer generator of numpy, kept, in float32: a table of rectangles, and seldom a logarithm.

    TN-05.
    """
    import numpy as np

    generator = np.random.default_rng()

    def draw() -> torch.Tensor:
        mean, deviation = moments.tolist()
        numbers = generator.standard_normal(n, dtype=np.float32)
        numbers *= deviation
        numbers += mean
        return torch.from_numpy(numbers)

    return draw


def expression(moments: torch.Tensor, n: int) -> torch.Tensor:
    """``randn(n) * deviation + mean``: two more passes over the numbers.

    TN-05.
    """
    mean, deviation = moments.tolist()
    return torch.randn(n, device=moments.device) * deviation + mean


def normal(moments: torch.Tensor, n: int) -> torch.Tensor:
    """``torch.normal``: the moments are applied as the numbers are drawn, two from each pair of uniform ones.

    TN-05.
    """
    return torch.normal(*moments.tolist(), (n,), device=moments.device)
