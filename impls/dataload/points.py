"""Points of a Dirichlet distribution, drawn in the call: the source's data are made, not read.

Each variant takes ``alpha`` of shape (features,) in float64, all 1, and ``count``. It returns ``count`` points of the
simplex, uniformly distributed, as a tensor of shape (count, features) in float64.
"""

import numpy as np
import torch

from .._contract import needs


def torch_dirichlet(alpha: torch.Tensor, count: int) -> torch.Tensor:
    """The distribution of torch: a gamma variable for each number, for any ``alpha``, by rejection.

    DL-04.
    """
    return torch.distributions.Dirichlet(alpha, validate_args=False).sample((count,))


def torch_exponential(alpha: torch.Tensor, count: int) -> torch.Tensor:
    """``exponential_`` draws them in place, in one operator.

    DL-04.
    """
    x = torch.empty(count, len(alpha), dtype=torch.float64, device=alpha.device).exponential_()
    return x.div_(x.sum(dim=1, keepdim=True))


@needs("cpu")
def numpy_legacy(alpha: torch.Tensor, count: int) -> torch.Tensor:
    """``np.random.dirichlet``, as in the source: the old generator, which is kept as it was for its sequences.

    DL-04.
    """
    return torch.from_numpy(np.random.dirichlet(alpha.numpy(), count))


def torch_log(alpha: torch.Tensor, count: int) -> torch.Tensor:
    """The logarithm of a uniform number is exponential: two operators that are vectorised in part.

    DL-04.
    """
    x = -torch.log1p(-torch.rand(count, len(alpha), dtype=torch.float64, device=alpha.device))
    return x / x.sum(dim=1, keepdim=True)


@needs("cpu")
def numpy_exponential(alpha: torch.Tensor, count: int) -> torch.Tensor:
    """Where all of ``alpha`` is 1, the gamma variables are exponential ones, which need no rejection.

    DL-04.
    """
    x = np.random.default_rng().standard_exponential((count, len(alpha)))
    x /= x.sum(axis=1, keepdims=True)
    return torch.from_numpy(x)


@needs("cpu")
def numpy_generator(alpha: torch.Tensor, count: int) -> torch.Tensor:
    """The same by numpy's new generator.

    DL-04.
    """
    return torch.from_numpy(np.random.default_rng().dirichlet(alpha.numpy(), count))
