"""ES-05: the dot product of three numbers and of a million."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.components.einsum._formulas import multiplications, normal
from benchmarks.components.matmul._products import ROUNDOFF
from perfsuite.model.component import Case, Component


def reference(case: Case, a: Any, b: Any) -> Any:
    """The sum of the products in float64."""
    return (a.double() * b.double()).sum()


def tolerance(case: Case, expected: Any, a: Any, b: Any) -> Any:
    """``(8 + 2 sqrt(i)) 2^-24 sqrt(sum of squared products)``.

    One sum from the first product to the last is off by ``0.4 sqrt(i)`` such units, one time in three: its partial
    sums and their roundings are random walks. Four times the second term would let bfloat16 products of a million
    numbers pass.
    """
    squares = (a.double() * b.double()).square().sum()
    return (8 + 2 * math.sqrt(len(a))) * ROUNDOFF["float32"] * squares.sqrt()


COMPONENT = Component(
    name="einsum.dot",
    title="Dot product: i,i->",
    question="What becomes of a dot product that is run as a matrix product with one element in its answer?",
    rows=("ES-05",),
    cases=(Case("3", {"i": 3}, only=("einsum", "dot")), Case("1e6", {"i": 10**6})),
    inputs=normal("i", "i"),
    reference=reference,
    tolerance=tolerance,
    flops=multiplications("i"),
    bytes=lambda case: 4 * (2 * int(case.shape["i"]) + 1),
    baseline="einsum",
    left_out={
        "1e7": "80 MB: memory alone sets the time, as at 1e6; and a bound that any order of adding keeps would let"
        " bfloat16 products pass",
        "inner, vdot, np.dot": "inner is two views and dot, vdot is dot for real numbers; numpy's BLAS is in"
        " matmul.ranks_vec_vec",
    },
)
