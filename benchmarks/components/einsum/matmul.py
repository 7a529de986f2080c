"""ES-01: the product of two matrices as a formula. ``matmul.ladder`` has the curve over square matrices."""

from __future__ import annotations

from typing import Any

from benchmarks.components.einsum._formulas import multiplications, normal, rounding, traffic
from perfsuite.model.component import Case, Component


def reference(case: Case, a: Any, b: Any) -> Any:
    """The product in float64."""
    return a.double() @ b.double()


def tolerance(case: Case, expected: Any, a: Any, b: Any) -> Any:
    """The rounding of each sum of products."""
    return rounding(case.dtype, a.shape[-1], a.square() @ b.square(), expected)


def square(size: int, *only: str) -> Case:
    """A product of two ``size`` x ``size`` matrices."""
    return Case(str(size), {"i": size, "j": size, "k": size}, series="square", size=size, only=only)


COMPONENT = Component(
    name="einsum.matmul",
    title="Matrix product: ij,jk->ik",
    question="The formula and the operator run the same kernel. What does the formula add, and which variants use"
    " a BLAS at all?",
    rows=("ES-01",),
    cases=(
        Case("3x4x5", {"i": 3, "j": 4, "k": 5}, only=("numpy_loops", "sublists", "einsum", "matmul")),
        square(128, "numpy_loops", "einsum"),
        square(1024, "einsum", "turned", "matmul"),  # numpy's loops take half a second
    ),
    inputs=normal("ij", "jk"),
    reference=reference,
    tolerance=tolerance,
    flops=multiplications("ijk"),
    bytes=traffic("ij", "jk", "ik"),
    baseline="einsum",
    graphed=("einsum",),
    work={"turned": "returns a transposed view of its output"},
    left_out={
        "np.einsum(optimize=True)": "plans in Python, then calls a BLAS: einsum.chain has it, with an order to choose",
        "sizes between and above": "matmul.ladder compares einsum with mm from 8 to 1024",
        "torch.compile": "einsum.lone has it",
        "4096": "a second on one core, and it shows nothing that 1024 does not",
    },
)
