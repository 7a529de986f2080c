"""Second derivatives of Rosenbrock's function in closed form, and the magnitude of the terms that they add up."""

from __future__ import annotations

from typing import Any

UNIT = 2.0**-24


def hessian(x: Any, magnitude: bool = False) -> tuple[Any, Any]:
    """Main diagonal (n,) and the one next to it (n - 1,); with ``magnitude``, sums of the terms' absolute values."""
    import torch

    left, right = (x[:-1].abs(), x[1:].abs()) if magnitude else (x[:-1], -x[1:])
    diagonal = torch.zeros_like(x)
    diagonal[:-1] += 1200 * left.square() + 400 * right + 2
    diagonal[1:] += 200
    return diagonal, 400 * left if magnitude else -400 * left


def dense(diagonal: Any, beside: Any) -> Any:
    """The symmetric matrix with these diagonals."""
    import torch

    return torch.diag(diagonal) + torch.diag(beside, 1) + torch.diag(beside, -1)


def times(diagonal: Any, beside: Any, v: Any) -> Any:
    """That matrix times ``v``."""
    product = diagonal * v
    product[:-1] += beside * v[1:]
    product[1:] += beside * v[:-1]
    return product
