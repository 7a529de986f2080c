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

    A single sum from the first product to the last has an error with a standard deviation of ``0.4 sqrt(i)`` such
    units, because its partial sums and their roundings are random walks. Four times the second term would accept
    bfloat16 products of a million numbers.
    """
    squares = (a.double() * b.double()).square().sum()
    return (8 + 2 * math.sqrt(len(a))) * ROUNDOFF["float32"] * squares.sqrt()


COMPONENT = Component(
    name="einsum.dot",
    title="Dot product: i,i->",
    question="What does it cost to compute a dot product as a matrix product with a single element?",
    rows=("ES-05",),
    cases=(Case("3", {"i": 3}, only=("einsum", "dot")), Case("1e6", {"i": 10**6})),
    inputs=normal("i", "i"),
    reference=reference,
    tolerance=tolerance,
    flops=multiplications("i"),
    bytes=lambda case: 4 * (2 * int(case.shape["i"]) + 1),
    baseline="einsum",
    left_out={
        "1e7": "80 MB: memory alone decides the time, as at 1e6; and a bound that holds for any order of addition would"
        " accept bfloat16 products",
        "inner, vdot, np.dot": "inner is two views and a dot, vdot is dot for real numbers; numpy's BLAS is in"
        " matmul.ranks_vec_vec",
    },
)
