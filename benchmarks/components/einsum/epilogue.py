"""ES-14: an einsum followed by a bias and a clamp, which a compiler can fuse."""

from __future__ import annotations

from typing import Any

from benchmarks.components.einsum._formulas import normal, rounding, traffic
from perfsuite.model.component import Case, Component


def reference(case: Case, a: Any, b: Any, bias: Any) -> Any:
    """The three steps in float64."""
    return (a.double() @ b.double() + bias.double()).relu()


def tolerance(case: Case, expected: Any, a: Any, b: Any, bias: Any) -> Any:
    """The rounding of a sum with one more term."""
    return rounding(case.dtype, a.shape[-1] + 1, a.square() @ b.square() + bias.square(), expected)


def flops(case: Case) -> int:
    """Two for each product, and two for each element of the output: the bias and the clamp."""
    i, j, k = (int(case.shape[axis]) for axis in "ijk")
    return 2 * i * j * k + 2 * i * k


COMPONENT = Component(
    name="einsum.epilogue",
    title="An einsum, a bias and a relu, compiled",
    question="If there is something to fuse, what does compiling gain, and how much of that is possible by hand?",
    rows=("ES-14",),
    cases=(
        Case("10x20x30", {"i": 10, "j": 20, "k": 30}, only=("einsum",)),
        Case("1000x20x1000", {"i": 1000, "j": 20, "k": 1000}),  # few products for each element: the passes matter
    ),
    inputs=normal("ij", "jk", "k"),
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=traffic("ij", "jk", "k", "ik"),
    baseline="einsum",
    compiled=("einsum",),
    left_out={"addmm and a fused relu": "torch has such an operator, torch._addmm_activation, but it is private"},
)
