"""TX-04: STREAM's scale, one number read and one written for each product."""

from __future__ import annotations

from typing import Any

from benchmarks.components.transfer import _stream as stream
from perfsuite.model.component import Case, Component


def reference(case: Case, b: Any) -> Any:
    """``3 b`` in float64."""
    return 3 * b.double()


def tolerance(case: Case, expected: Any, b: Any) -> Any:
    """One rounding."""
    return stream.UNIT * expected.abs()


COMPONENT = Component(
    name="transfer.scale",
    title="STREAM: scale",
    question="What bandwidth does a product with a constant reach?",
    rows=("TX-04",),
    cases=(stream.sized(4_194_304), stream.sized(262_144), stream.sized(67_108_864)),
    inputs=stream.vectors(1),
    reference=reference,
    tolerance=tolerance,
    flops=stream.times(1),
    bytes=stream.times(8),
    baseline="operator",
    work={"numpy_out": "Writes to preallocated memory.", "out": "Writes to preallocated memory."},
)
