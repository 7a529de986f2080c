"""ES-13: chains of three and four matrices whose order of multiplication decides the amount of arithmetic."""

from __future__ import annotations

import functools
from itertools import pairwise
from typing import Any

from benchmarks.components.einsum._formulas import rounding
from perfsuite.model.component import Case, Component, Inputs

NARROW = 8  # the small dimension: a product of n x 8 and 8 x n matrices is large in one order and small in the other


def inputs(case: Case, generator: Any) -> Inputs:
    """A list of matrices, each with as many rows as the one before has columns."""
    import torch

    return ([torch.randn(shape, generator=generator) for shape in pairwise(case.shape["sizes"])],)


def reference(case: Case, matrices: Any) -> Any:
    """The product in float64, from the right."""
    return functools.reduce(lambda product, matrix: matrix @ product, [each.double() for each in reversed(matrices)])


def tolerance(case: Case, expected: Any, matrices: Any) -> Any:
    """The rounding of one sum as long as all inner dimensions together: the errors of all products reach the result."""
    squares = functools.reduce(lambda product, matrix: matrix @ product, [each.square() for each in reversed(matrices)])
    return rounding(case.dtype, sum(case.shape["sizes"][1:-1]), squares, expected)


def least(sizes: tuple[int, ...]) -> int:
    """Operations of the cheapest order of a chain: the minimum over all positions of the last product."""
    if len(sizes) == 2:
        return 0
    return min(
        least(sizes[: cut + 1]) + least(sizes[cut:]) + 2 * sizes[0] * sizes[cut] * sizes[-1]
        for cut in range(1, len(sizes) - 1)
    )


def flops(case: Case) -> int:
    """Operations of the cheapest order."""
    return least(case.shape["sizes"])


def bytes(case: Case) -> int:
    """Each matrix read once, the product written once."""
    sizes: tuple[int, ...] = case.shape["sizes"]
    return 4 * (sum(rows * columns for rows, columns in pairwise(sizes)) + sizes[0] * sizes[-1])


def three(n: int, *only: str) -> Case:
    """``n`` x 8, 8 x ``n``, ``n`` x 8: 32 n^2 operations from the left, 256 n from the right."""
    return Case(f"{n}-3", {"sizes": (n, NARROW, n, NARROW)}, series="three factors", size=n, only=only)


FORMULA = ("einsum_in_order", "left_to_right", "einsum_planned")

COMPONENT = Component(
    name="einsum.chain",
    title="Chains of matrices as one formula",
    question="Does a formula of several operands choose a better order than a person, and which variants plan at all?",
    rows=("ES-13",),
    cases=(
        three(1024),
        three(16, *FORMULA, "multi_dot"),
        *(three(n, *FORMULA) for n in (64, 256)),
        # The best order, (a (b c)) d, goes neither from the left nor from the right.
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
        "numpy_optimized": "plans first, then 256 n operations for three factors",
        "einsum_planned": "plans first, then 256 n operations for three factors, 16 n^2 + 256 n for four",
        "multi_dot": "plans first, then 256 n operations for three factors, 16 n^2 + 256 n for four",
    },
    left_out={
        "a @ (b @ c)": "what multi_dot does here, without planning",
        "chain_matmul": "deprecated in favour of multi_dot",
        "np.einsum_path": "only plans; numpy_optimized includes it",
        "bi,kij,bj->bk": "einsum.bilinear_batch has it",
    },
)
