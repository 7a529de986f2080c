"""MM-03: ways to multiply a matrix by a vector."""

from __future__ import annotations

from benchmarks.components.matmul._products import flops, normal, reference, tolerance, traffic
from perfsuite.model.component import Case, Component

COMPONENT = Component(
    name="matmul.ranks_mat_vec",
    title="Matrix times vector",
    question="What does each call cost on top of the product, and from what size does memory dominate?",
    rows=("MM-03",),
    cases=(Case("3x4", {"m": 3, "k": 4}), Case("512x512", {"m": 512, "k": 512})),
    inputs=normal("mk", "k"),
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=traffic("mk", "k", "m"),
    baseline="matmul",
)
