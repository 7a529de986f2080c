"""ES-03: the trace of a small and of a large matrix, a sum over addresses that are far apart."""

from __future__ import annotations

from typing import Any

from benchmarks.components.einsum._formulas import LARGE, normal
from benchmarks.components.matmul._products import rounding
from perfsuite.model.component import Case, Component


def reference(case: Case, m: Any) -> Any:
    """The sum of the diagonal in float64."""
    return m.double().diagonal().sum()


def tolerance(case: Case, expected: Any, m: Any) -> Any:
    """The rounding of a sequential sum of ``i`` numbers."""
    return rounding(case.dtype, len(m), m.diagonal().double().square().sum(), expected)


COMPONENT = Component(
    name="einsum.trace",
    title="Trace: ii->",
    question="Is the trace operator better than the sum of the diagonal, which the formula runs?",
    rows=("ES-03",),
    cases=(Case("3x3", {"i": 3}), Case(f"{LARGE}x{LARGE}", {"i": LARGE}, only=("einsum", "trace"))),
    inputs=normal("ii"),
    reference=reference,
    tolerance=tolerance,
    flops=lambda case: int(case.shape["i"]) - 1,
    bytes=lambda case: 4 * int(case.shape["i"]) + 4,  # only the diagonal of the matrix is read
    baseline="einsum",
    work={"trace": "on a CPU it adds in float64"},
    left_out={
        "m.view(-1)[:: i + 1].sum()": "the sum of the diagonal with two views instead of one",
        "ii->i": "a view of the matrix, like the transpose: einsum.transpose",
    },
)
