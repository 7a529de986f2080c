"""MM-03: ways to multiply a batch of matrices by one matrix."""

from __future__ import annotations

from benchmarks.components.matmul._products import flops, normal, reference, tolerance, traffic
from perfsuite.model.component import Case, Component

COMPONENT = Component(
    name="matmul.ranks_batch_mat",
    title="Batch of matrices times one matrix",
    question="One matrix for the whole batch: is it copied, expanded, or is the batch folded into the rows?",
    rows=("MM-03",),
    cases=(
        Case("3x2x3x2", {"s": 3, "m": 2, "k": 3, "n": 2}),
        Case("64x16x16x16", {"s": 64, "m": 16, "k": 16, "n": 16}),
        Case("64x128x128x128", {"s": 64, "m": 128, "k": 128, "n": 128}),
    ),
    inputs=normal("smk", "kn"),
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=traffic("smk", "kn", "smn"),
    baseline="matmul",
)
