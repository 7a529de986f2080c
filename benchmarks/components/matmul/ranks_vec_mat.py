"""MM-03: ways to multiply a vector by a matrix."""

from __future__ import annotations

from benchmarks.components.matmul._products import flops, normal, reference, tolerance, traffic
from perfsuite.model.component import Case, Component

COMPONENT = Component(
    name="matmul.ranks_vec_mat",
    title="Vector times matrix",
    question="Is it better to use a vector as a one-row matrix, or on the right of the transposed matrix?",
    rows=("MM-03",),
    cases=(Case("2x2", {"k": 2, "n": 2}), Case("512x512", {"k": 512, "n": 512})),
    inputs=normal("k", "kn"),
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=traffic("k", "kn", "n"),
    baseline="matmul",
)
