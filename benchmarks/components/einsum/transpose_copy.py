"""ES-02: the contiguous transpose: the cost of moving the elements."""

from __future__ import annotations

from typing import Any

from benchmarks.components.einsum._formulas import LARGE, exact, normal, traffic
from perfsuite.model.component import Case, Component


def reference(case: Case, m: Any) -> Any:
    """The transpose, element by element."""
    return m.double().T


def contiguous(case: Case, output: Any) -> Any:
    """The output, which must be contiguous: the view would be a different result."""
    if not output.is_contiguous():
        raise ValueError(f"strides {output.stride()} for shape {tuple(output.shape)}")
    return output


COMPONENT = Component(
    name="einsum.transpose_copy",
    title="Transpose in its own memory: ij->ji",
    question="What does a transpose cost that really moves the elements?",
    rows=("ES-02",),
    cases=(Case(f"{LARGE}x{LARGE}", {"i": LARGE, "j": LARGE}),),
    inputs=normal("ij"),
    reference=reference,
    tolerance=exact,
    canonical=contiguous,
    flops=lambda case: 0,
    bytes=traffic("ij", "ij"),
    baseline="einsum",
    left_out={"copy into a preallocated output": "saves the page faults of new memory: einsum.outer shows how much"},
)
