"""ES-06: the outer product of two vectors, which reads almost nothing and writes a matrix."""

from __future__ import annotations

from typing import Any

from benchmarks.components.einsum._formulas import LARGE, multiplications, normal, one_rounding, traffic
from perfsuite.model.component import Case, Component


def reference(case: Case, a: Any, b: Any) -> Any:
    """All products in float64, each exact."""
    return a.double()[:, None] * b.double()


COMPONENT = Component(
    name="einsum.outer",
    title="Outer product: i,j->ij",
    question="How long does it take to write a matrix, and does it matter which function is called?",
    rows=("ES-06",),
    cases=(
        Case("3x4", {"i": 3, "j": 4}, only=("einsum", "outer")),
        Case(f"{LARGE}x{LARGE}", {"i": LARGE, "j": LARGE}),
    ),
    inputs=normal("i", "j"),
    reference=reference,
    tolerance=one_rounding,
    flops=multiplications("ij", each=1),
    bytes=traffic("i", "j", "ij"),
    baseline="einsum",
    work={"broadcast_out": "writes into a preallocated output"},
    left_out={
        "a[:, None] * b": "what einsum and outer run",
        "ger": "the older name of outer",
        "4096": "64 MB instead of 16, with the same time per element",
    },
)
