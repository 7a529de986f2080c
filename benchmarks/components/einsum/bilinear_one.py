"""ES-11: a bilinear form of two vectors, at the source's size and with weights of 16 MB."""

from __future__ import annotations

from typing import Any

from benchmarks.components.einsum._formulas import multiplications, normal, rounding, traffic
from perfsuite.model.component import Case, Component


def reference(case: Case, x: Any, w: Any, y: Any) -> Any:
    """Matrix by matrix in float64."""
    import torch

    return torch.stack([x.double() @ matrix.double() @ y.double() for matrix in w])


def tolerance(case: Case, expected: Any, x: Any, w: Any, y: Any) -> Any:
    """The rounding of a sum of i j products, as in the order that computes the outer product first."""
    return rounding(case.dtype, x.numel() * y.numel(), (w.square() @ y.square()) @ x.square(), expected)


def sizes(i: int, j: int, k: int, *only: str) -> Case:
    """Vectors of ``i`` and ``j``, ``k`` outputs."""
    return Case(f"{i}x{j}x{k}", {"i": i, "j": j, "k": k}, only=only)


COMPONENT = Component(
    name="einsum.bilinear_one",
    title="Bilinear form of two vectors",
    question="The weights must be read once. Which variants read them once, and which copy them first?",
    rows=("ES-11",),
    cases=(sizes(3, 4, 5, "einsum", "two_steps"), sizes(256, 256, 64)),
    inputs=normal("i", "kij", "j"),
    reference=reference,
    tolerance=tolerance,
    flops=multiplications("ijk"),  # terms that depend on the order are not counted: i j, or k i, or k j
    bytes=traffic("i", "kij", "j", "k"),
    baseline="einsum",
    left_out={
        "i,ijk,j->k": "the source's formula for its weights (k, i, j): it raises an error, which a test shows",
        "weights (i, j, k)": "the other way to correct it: the same numbers in a different order",
        "torch.compile, opt_einsum": "einsum.bilinear_batch has them",
    },
)
