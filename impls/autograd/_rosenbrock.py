"""The function whose second derivatives are asked for: Rosenbrock's, with a Hessian of three diagonals."""

import torch


def rosenbrock(x: torch.Tensor) -> torch.Tensor:
    """``sum_i 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2`` of ``x`` (n,), shape ()."""
    return (100 * (x[1:] - x[:-1].square()).square() + (1 - x[:-1]).square()).sum()
