"""TX-04: STREAM's add, two numbers read and one written for each sum."""

from __future__ import annotations

from typing import Any

from benchmarks.components.transfer import _stream as stream
from perfsuite.model.component import Case, Component


def reference(case: Case, b: Any, c: Any) -> Any:
    """``b + c`` in float64."""
    return b.double() + c.double()


def tolerance(case: Case, expected: Any, b: Any, c: Any) -> Any:
    """One rounding."""
    return stream.UNIT * expected.abs()


COMPONENT = Component(
    name="transfer.add",
    title="STREAM: add",
    question="What bandwidth does a sum of two vectors reach?",
    rows=("TX-04",),
    cases=(stream.sized(4_194_304), stream.sized(262_144), stream.sized(67_108_864)),
    inputs=stream.vectors(2),
    reference=reference,
    tolerance=tolerance,
    flops=stream.times(1),
    bytes=stream.times(12),
    baseline="operator",
    work={"numpy_out": "Writes to preallocated memory.", "out": "Writes to preallocated memory."},
)
