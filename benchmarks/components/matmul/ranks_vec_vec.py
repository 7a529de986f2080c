"""MM-03: the names of a product of two vectors."""

from __future__ import annotations

from typing import Any

from benchmarks.components.matmul._products import flops, normal, reference, rounding, traffic
from perfsuite.model.component import Case, Component

BLOCK = 1024  # a long sum is split over vector lanes and blocks: its roundings are those of a shorter one


def tolerance(case: Case, expected: Any, a: Any, b: Any) -> Any:
    """Rounding of a sum of k products, or of ``BLOCK``."""
    return rounding(case.dtype, min(a.numel(), BLOCK), a.double().square() @ b.double().square(), expected)


COMPONENT = Component(
    name="matmul.ranks_vec_vec",
    title="Vector times vector, by every name",
    question="Which of the names for the inner product of two vectors is only a name, and which is a detour?",
    rows=("MM-03",),
    cases=(Case("2", {"k": 2}), Case("65536", {"k": 65536})),
    inputs=normal("k", "k"),
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=lambda case: traffic("k", "k")(case) + 4,
    baseline="matmul",
)
