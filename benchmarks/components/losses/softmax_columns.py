"""LS-01: softmax of the columns of a 128 x 1000 matrix, over a dimension that is not the last."""

from __future__ import annotations

from typing import Any

from benchmarks.components.losses._logits import hard, softmax_bound
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (rows, columns), its columns hard logits."""
    return (hard(case.shape["columns"], case.shape["rows"], generator).T.contiguous(),)


def reference(case: Case, x: Any) -> Any:
    """The result in float64."""
    return x.double().softmax(0)


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """The bound of a softmax in float32."""
    return softmax_bound(x.T).T


def flops(case: Case) -> int:
    """Maximum, difference, exponential, sum and quotient: five for each element."""
    return 5 * int(case.shape["rows"] * case.shape["columns"])


def bytes(case: Case) -> int:
    """The matrix read once, the result written once."""
    return 8 * int(case.shape["rows"] * case.shape["columns"])


COMPONENT = Component(
    name="losses.softmax_columns",
    title="Softmax of each column",
    question="What does a softmax cost along a dimension that is not the last?",
    rows=("LS-01",),
    cases=(Case("128x1000", {"rows": 128, "columns": 1000}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="softmax",
    work={"transposed": "Copies the matrix, and returns a result stored by columns."},
)
