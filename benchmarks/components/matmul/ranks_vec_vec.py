"""MM-03: the functions for a product of two vectors."""

from __future__ import annotations

from typing import Any

from benchmarks.components.matmul._products import flops, normal, reference, rounding, traffic
from perfsuite.model.component import Case, Component

BLOCK = 1024  # a long sum is split over vector lanes and blocks, so its rounding is that of a shorter sum


def tolerance(case: Case, expected: Any, a: Any, b: Any) -> Any:
    """Rounding of a sum of k products, or of ``BLOCK``."""
    return rounding(case.dtype, min(a.numel(), BLOCK), a.double().square() @ b.double().square(), expected)


COMPONENT = Component(
    name="matmul.ranks_vec_vec",
    title="Vector times vector, by every name",
    question="Which functions for the inner product of two vectors are only aliases, and which are slower?",
    rows=("MM-03",),
    cases=(Case("2", {"k": 2}), Case("65536", {"k": 65536})),
    inputs=normal("k", "k"),
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=lambda case: traffic("k", "k")(case) + 4,
    baseline="matmul",
)
