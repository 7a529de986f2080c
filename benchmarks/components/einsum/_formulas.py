"""Shared by the formulas of this family: inputs and traffic by axes, arithmetic, and error bounds of sums."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.components.matmul._products import ROUNDOFF, normal, rounding, traffic
from perfsuite.model.component import Case

__all__ = ["cascade", "exact", "multiplications", "normal", "one_rounding", "rounding", "traffic"]

LARGE = 2048  # side of a square matrix: 16 MB, larger than all caches except the last level


def multiplications(axes: str, each: int = 2) -> Callable[[Case], int]:
    """``each`` operations for each point of ``axes``: 2 if every product is added to a sum."""
    return lambda case: each * math.prod(int(case.shape[axis]) for axis in axes)


def exact(case: Case, expected: Any, *inputs: Any) -> float:
    """Nothing is rounded: every bit must be correct."""
    return 0.0


def one_rounding(case: Case, expected: Any, *inputs: Any) -> Any:
    """Half a unit in the last place of each element, the result of one operation."""
    return ROUNDOFF[case.dtype] * expected.abs()


def cascade(x: Any, axes: Sequence[int]) -> Any:
    """Error bound of a sum of ``x`` over ``axes``: ``8 sqrt(d) 2^-24 sqrt(sum x^2)`` with ``d`` at most 1024.

    The libraries add up blocks and then the sums of the blocks, so a number is rounded at most a few hundred times. A
    bound for one long sum, with ``d`` the number of terms, would accept sums of millions of bfloat16 roundings.
    """
    terms = math.prod(x.shape[axis] for axis in axes)
    return 8 * math.sqrt(min(terms, 1024)) * ROUNDOFF["float32"] * x.double().square().sum(tuple(axes)).sqrt()
