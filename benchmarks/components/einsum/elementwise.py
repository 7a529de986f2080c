"""ES-07: the product of two matrices element by element."""

from __future__ import annotations

from typing import Any

from benchmarks.components.einsum._formulas import LARGE, multiplications, normal, one_rounding, traffic
from perfsuite.model.component import Case, Component


def reference(case: Case, a: Any, b: Any) -> Any:
    """The products in float64, all exact."""
    return a.double() * b.double()


COMPONENT = Component(
    name="einsum.elementwise",
    title="Elementwise product: ij,ij->ij",
    question="Does the formula of a plain multiplication cost more than the operator?",
    rows=("ES-07",),
    cases=(Case(f"{LARGE}x{LARGE}", {"i": LARGE, "j": LARGE}),),
    inputs=normal("ij", "ij"),
    reference=reference,
    tolerance=one_rounding,
    flops=multiplications("ij", each=1),
    bytes=traffic("ij", "ij", "ij"),
    baseline="einsum",
    left_out={
        "2x3": "the cost of a formula compared with one small operator: einsum.outer has it, with the same operator",
        "mul(out=), mul_": "einsum.outer measures the gain of preallocated memory; mul_ overwrites an input",
        "torch.compile": "one operator leaves nothing to fuse",
    },
)
