"""``log sum_j exp(x[i, j])`` of each row, for numbers of any size and with -inf among them.

Each variant takes ``x`` of shape (rows, columns) in float32 and returns (rows,). No row is -inf as a whole, so the
formula without a guard may join; ``guarded`` is right there too.
"""

import functools

import torch

from .._contract import needs


@needs("cpu", "scipy")
def scipy(x: torch.Tensor) -> torch.Tensor:
    """Scipy looks for all that could be special first, and for how often the maximum occurs: care has its price.

    LS-03.
    """
    from scipy.special import logsumexp

    return torch.from_numpy(logsumexp(x.numpy(), axis=1))


def logaddexp(x: torch.Tensor) -> torch.Tensor:
    """Two columns at a time: stable without looking for a maximum, and an exponential and a logarithm for each step.

    LS-03.
    """
    return functools.reduce(torch.logaddexp, x.unbind(1))


def guarded(x: torch.Tensor) -> torch.Tensor:
    """The formula with a guard: a maximum of -inf is not taken off, as -inf - (-inf) is nan.

    LS-03.
    """
    peak = x.amax(1, keepdim=True)
    peak = torch.where(peak.isfinite(), peak, 0)
    return (x - peak).exp_().sum(1).log_().add_(peak.squeeze(1))


def shifted(x: torch.Tensor) -> torch.Tensor:
    """``m + log sum exp(x - m)`` with the row's maximum: nan for a row of -inf, right for any other.

    LS-03.
    """
    peak = x.amax(1, keepdim=True)
    return (x - peak).exp_().sum(1).log_().add_(peak.squeeze(1))


def logsumexp(x: torch.Tensor) -> torch.Tensor:
    """One call, which runs the operators of ``guarded``.

    LS-03.
    """
    return torch.logsumexp(x, dim=1)
