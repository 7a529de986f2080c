"""ES-06: the outer product of two vectors, which reads next to nothing and writes a matrix."""

from __future__ import annotations

from typing import Any

from benchmarks.components.einsum._formulas import LARGE, multiplications, normal, one_rounding, traffic
from perfsuite.model.component import Case, Component


def reference(case: Case, a: Any, b: Any) -> Any:
    """All products in float64, where each is exact."""
    return a.double()[:, None] * b.double()


COMPONENT = Component(
    name="einsum.outer",
    title="Outer product: i,j->ij",
    question="How long does it take to write a matrix, and does it matter by which name it is asked for?",
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
    work={"broadcast_out": "writes into an output made before"},
    left_out={
        "a[:, None] * b": "is what einsum and outer run",
        "ger": "the older name of outer",
        "4096": "64 MB in place of 16, at the same time for each element",
    },
)
