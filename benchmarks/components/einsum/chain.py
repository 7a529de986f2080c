"""ES-13: chains of three and four matrices whose order of multiplication decides the arithmetic."""

from __future__ import annotations

import functools
from itertools import pairwise
from typing import Any

from benchmarks.components.einsum._formulas import rounding
from perfsuite.model.component import Case, Component, Inputs

NARROW = 8  # the small dimension: the products of n x 8 and 8 x n matrices are large in one order, small in another


def inputs(case: Case, generator: Any) -> Inputs:
    """A list of matrices, each with as many rows as the one before has columns."""
    import torch

    return ([torch.randn(shape, generator=generator) for shape in pairwise(case.shape["sizes"])],)


def reference(case: Case, matrices: Any) -> Any:
    """The product in float64, from the right."""
    return functools.reduce(lambda product, matrix: matrix @ product, [each.double() for each in reversed(matrices)])


def tolerance(case: Case, expected: Any, matrices: Any) -> Any:
    """The rounding of one sum as deep as all inner dimensions together: the errors of each product reach the answer."""
    squares = functools.reduce(lambda product, matrix: matrix @ product, [each.square() for each in reversed(matrices)])
    return rounding(case.dtype, sum(case.shape["sizes"][1:-1]), squares, expected)


def least(sizes: tuple[int, ...]) -> int:
    """Operations of the cheapest order of a chain: of every place for the last product, the best."""
    if len(sizes) == 2:
        return 0
    return min(
        least(sizes[: cut + 1]) + least(sizes[cut:]) + 2 * sizes[0] * sizes[cut] * sizes[-1]
        for cut in range(1, len(sizes) - 1)
    )


def flops(case: Case) -> int:
    """Those of the cheapest order."""
    return least(case.shape["sizes"])


def bytes(case: Case) -> int:
    """Each matrix read once, the product written once."""
    sizes: tuple[int, ...] = case.shape["sizes"]
    return 4 * (sum(rows * columns for rows, columns in pairwise(sizes)) + sizes[0] * sizes[-1])


def three(n: int, *only: str) -> Case:
    """``n`` x 8, 8 x ``n``, ``n`` x 8: from the left 32 n^2 operations, from the right 256 n."""
    return Case(f"{n}-3", {"sizes": (n, NARROW, n, NARROW)}, series="three factors", size=n, only=only)


FORMULA = ("einsum_in_order", "left_to_right", "einsum_planned")

COMPONENT = Component(
    name="einsum.chain",
    title="Chains of matrices as one formula",
    question="Does a formula of several operands choose a better order than a person writes, and who plans at all?",
    rows=("ES-13",),
    cases=(
        three(1024),
        three(16, *FORMULA, "multi_dot"),
        *(three(n, *FORMULA) for n in (64, 256)),
        # The best order, (a (b c)) d, is neither from the left nor from the right.
        Case("512-4", {"sizes": (512, NARROW, 512, NARROW, 512)}, only=(*FORMULA, "multi_dot")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="left_to_right",
    work={
        "einsum_in_order": "32 n^2 operations for three factors, 48 n^2 for four",
        "left_to_right": "32 n^2 operations for three factors, 48 n^2 for four",
        "numpy_optimized": "plans first; then 256 n operations for three factors",
        "einsum_planned": "plans first; then 256 n operations for three factors, 16 n^2 + 256 n for four",
        "multi_dot": "plans first; then 256 n operations for three factors, 16 n^2 + 256 n for four",
    },
    left_out={
        "a @ (b @ c)": "what multi_dot does here, without the plan",
        "chain_matmul": "deprecated in favour of multi_dot",
        "np.einsum_path": "a plan, not a product; numpy_optimized has it inside",
        "bi,kij,bj->bk": "is in einsum.bilinear_batch",
    },
)
