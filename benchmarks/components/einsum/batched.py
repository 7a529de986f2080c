"""ES-04: products of a batch as a formula. ``matmul.ranks_batch`` has the other variants."""

from __future__ import annotations

from typing import Any

from benchmarks.components.einsum._formulas import multiplications, normal, rounding, traffic
from perfsuite.model.component import Case, Component


def reference(case: Case, a: Any, c: Any) -> Any:
    """The products in float64."""
    return a.double() @ c.double()


def tolerance(case: Case, expected: Any, a: Any, c: Any) -> Any:
    """The rounding of each sum of products."""
    return rounding(case.dtype, a.shape[-1], a.square() @ c.square(), expected)


COMPONENT = Component(
    name="einsum.batched",
    title="Batched matrix product: bij,bjk->bik",
    question="The formula ends in a bmm. Does it cost anything extra at a realistic batch size?",
    rows=("ES-04",),
    cases=(Case("64x128x64x128", {"b": 64, "i": 128, "j": 64, "k": 128}),),
    inputs=normal("bij", "bjk"),
    reference=reference,
    tolerance=tolerance,
    flops=multiplications("bijk"),
    bytes=traffic("bij", "bjk", "bik"),
    baseline="einsum",
    left_out={
        "small batches, matmul, baddbmm, a loop of mm": "matmul.ranks_batch has them",
        "nested tensors": "for batches of matrices of different sizes: a different problem",
    },
)
