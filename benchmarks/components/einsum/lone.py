"""ES-14: a single einsum under torch.compile, at the source's size and with sides 4, 16 and 64 times as long."""

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


def times(factor: int, *only: str) -> Case:
    """The source's 10x20 @ 20x30, each side ``factor`` times as long."""
    i, j, k = (factor * side for side in (10, 20, 30))
    return Case(f"{i}x{j}x{k}", {"i": i, "j": j, "k": k}, series="10:20:30", size=i, only=only)


COMPONENT = Component(
    name="einsum.lone",
    title="A single einsum, compiled",
    question="What can a compiler improve in a function that is a single product?",
    rows=("ES-14",),
    cases=(times(1), *(times(factor, "einsum") for factor in (4, 16, 64))),
    inputs=normal("ij", "jk"),
    reference=reference,
    tolerance=tolerance,
    flops=multiplications("ijk"),
    bytes=traffic("ij", "jk", "ik"),
    baseline="einsum",
    compiled=("einsum",),
    graphed=("einsum",),
    left_out={
        "fresh inputs in the call": "the source draws inputs inside the call, which takes longer than the product",
        "dynamic=True": "another compilation of the same call; a test measures the cost of a new shape",
        "mode=reduce-overhead": "CUDA graphs, which the executor cudagraph covers; on a CPU it is the default mode",
        "mode=max-autotune": "minutes of compilation to choose between kernels for one product",
    },
)
