"""TX-04: STREAM's triad, two numbers read and one written for a product and a sum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.components.transfer import _stream as stream
from perfsuite.model.component import Case, Component


def reference(case: Case, b: Any, c: Any) -> Any:
    """``b + 3 c`` in float64."""
    return b.double() + 3 * c.double()


def tolerance(case: Case, expected: Any, b: Any, c: Any) -> Any:
    """Two roundings, of the product and of the sum; second-order terms are below the slack of either."""
    return stream.UNIT * (expected.abs() + 4 * c.double().abs())


COMPONENT = Component(
    name="transfer.triad",
    title="STREAM: triad",
    question="What bandwidth do a product and a sum reach at each memory level, and what does a temporary cost?",
    rows=("TX-04",),
    cases=(
        replace(stream.sized(4_194_304), threads=("1", "all"), compiled=("operators",)),
        stream.sized(16_384),
        stream.sized(262_144),
        stream.sized(67_108_864),
        stream.sized(268_435_456),
    ),
    inputs=stream.vectors(2),
    reference=reference,
    tolerance=tolerance,
    flops=stream.times(2),
    bytes=stream.times(12),
    baseline="operators",
    compiled=(),
    work={
        "operators": "Writes the product and reads it again.",
        "numpy_out": "Writes the product and reads it again; writes to preallocated memory.",
        "numba": "Writes to preallocated memory; runs on one thread, regardless of torch's setting.",
        "out": "Writes to preallocated memory.",
    },
    left_out={
        "non-temporal stores": "They save reading the overwritten memory; no variant here can choose them.",
        "the peak of arithmetic": "Every run measures it with matrix products, as a roof.",
    },
)
