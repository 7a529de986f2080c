"""How random numbers are checked: statistics of a sample whose expected values are known, within some deviations."""

from __future__ import annotations

from typing import Any

SIGMAS = 6.0  # a correct sample is outside in one of 10^9 proofs
KOLMOGOROV = 3.3  # sqrt(n) times the largest distance of distributions; exceeded with probability 2 exp(-2 * 3.3^2)


def distance(uniform: Any) -> Any:
    """``sqrt(n)`` times the Kolmogorov-Smirnov distance of ``uniform``, (n,), from the uniform distribution."""
    import numpy
    import torch

    ranked = torch.from_numpy(numpy.sort(uniform.numpy(force=True))).double()  # a third of the time of torch's sort
    n = len(ranked)
    steps = torch.arange(n + 1, dtype=torch.float64) / n
    return torch.maximum((ranked - steps[:-1]).max(), (steps[1:] - ranked).max()).to(uniform.device) * n**0.5


def succession(standard: Any) -> Any:
    """``sqrt(n)`` times the correlation of neighbours in ``standard``, (n,), of mean 0 and variance 1."""
    return (standard[1:] * standard[:-1]).mean() * len(standard) ** 0.5
