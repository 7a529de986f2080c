"""Points of a simplex: ``concentration``, (features,) in float64, and ``n`` fresh points of its Dirichlet distribution.

Each variant returns (n, features) in float32; each row sums to 1.
"""

import torch

from .._contract import needs


def distribution(concentration: torch.Tensor, n: int) -> torch.Tensor:
    """``torch.distributions``: gamma numbers divided by their sums, with a check of the parameters before.

    TN-05.
    """
    return torch.distributions.Dirichlet(concentration).sample((n,)).float()


def gamma(concentration: torch.Tensor, n: int) -> torch.Tensor:
    """The two operators behind the distribution: draw gamma numbers in float32, divide by their sums.

    TN-05.
    """
    numbers = torch._standard_gamma(concentration.float().expand(n, -1))
    return numbers / numbers.sum(1, keepdim=True)


@needs("cpu")
def numpy_global(concentration: torch.Tensor, n: int) -> torch.Tensor:
    """The source's ``np.random.dirichlet``, from the older generator.

    TN-05.
    """
    import numpy as np

    return torch.from_numpy(np.random.dirichlet(concentration.numpy(), n)).float()


@needs("cpu")
def numpy(concentration: torch.Tensor, n: int) -> torch.Tensor:
    """The newer generator of numpy, made anew in each call.

    TN-05.
    """
    import numpy as np

    return torch.from_numpy(np.random.default_rng().dirichlet(concentration.numpy(), n)).float()
