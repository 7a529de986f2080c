"""What is compared of random numbers: figures of a sample that are known, up to so many standard deviations."""

from __future__ import annotations

from typing import Any

SIGMAS = 6.0  # a right sample lies outside in one of a thousand million proofs
KOLMOGOROV = 3.3  # sqrt(n) times the largest distance of distributions: beyond it with probability 2 exp(-2 * 3.3^2)


def distance(uniform: Any) -> Any:
    """``sqrt(n)`` times the Kolmogorov-Smirnov distance of ``uniform``, (n,), from numbers uniform in [0, 1]."""
    import torch

    ranked = uniform.double().sort().values
    n = len(ranked)
    steps = torch.arange(n + 1, dtype=torch.float64, device=ranked.device) / n
    return torch.maximum((ranked - steps[:-1]).max(), (steps[1:] - ranked).max()) * n**0.5


def succession(standard: Any) -> Any:
    """``sqrt(n)`` times the correlation of each of ``standard``, (n,), of mean 0 and variance 1, with the next one."""
    return (standard[1:] * standard[:-1]).mean() * len(standard) ** 0.5
