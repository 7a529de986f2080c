"""ES-02: the transpose without gaps, row by row: what it costs to move the elements."""

from __future__ import annotations

from typing import Any

from benchmarks.components.einsum._formulas import LARGE, exact, normal, traffic
from perfsuite.model.component import Case, Component


def reference(case: Case, m: Any) -> Any:
    """The transpose, element by element."""
    return m.double().T


def contiguous(case: Case, output: Any) -> Any:
    """The output, if it lies in memory as its shape says: the view would be another answer."""
    if not output.is_contiguous():
        raise ValueError(f"strides {output.stride()} for shape {tuple(output.shape)}")
    return output


COMPONENT = Component(
    name="einsum.transpose_copy",
    title="Transpose in memory of its own: ij->ji",
    question="What does a transpose cost that is really made?",
    rows=("ES-02",),
    cases=(Case(f"{LARGE}x{LARGE}", {"i": LARGE, "j": LARGE}),),
    inputs=normal("ij"),
    reference=reference,
    tolerance=exact,
    canonical=contiguous,
    flops=lambda case: 0,
    bytes=traffic("ij", "ij"),
    baseline="einsum",
    left_out={"copy into an output made before": "saves the first touch of its pages: einsum.outer shows how much"},
)
