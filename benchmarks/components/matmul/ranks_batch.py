"""MM-03: ways to multiply a batch of matrices by another batch."""

from __future__ import annotations

from benchmarks.components.matmul._products import flops, normal, reference, tolerance, traffic
from perfsuite.model.component import Case, Component

COMPONENT = Component(
    name="matmul.ranks_batch",
    title="Batch of matrices times batch of matrices",
    question="What does a batched product save over a loop of products, for small matrices and for larger ones?",
    rows=("MM-03",),
    cases=(
        Case("3x2x3x2", {"s": 3, "m": 2, "k": 3, "n": 2}),
        Case("64x16x16x16", {"s": 64, "m": 16, "k": 16, "n": 16}),
        Case("64x128x128x128", {"s": 64, "m": 128, "k": 128, "n": 128}),
    ),
    inputs=normal("smk", "skn"),
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=traffic("smk", "skn", "smn"),
    baseline="loop",
    work={"baddbmm": "adds a bias of zeros"},
    left_out={"broadcast and sum": "a temporary of s*m*k*n elements, as in matmul.ladder/full_broadcast"},
)
