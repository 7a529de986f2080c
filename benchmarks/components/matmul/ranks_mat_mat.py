"""MM-03: the functions for a product of two matrices."""

from __future__ import annotations

from benchmarks.components.matmul._products import flops, normal, reference, tolerance, traffic
from perfsuite.model.component import Case, Component

COMPONENT = Component(
    name="matmul.ranks_mat_mat",
    title="Matrix times matrix, by every name",
    question="torch has eight functions for a product of two matrices. What does each cost on the way to the BLAS?",
    rows=("MM-03",),
    cases=(
        Case("2x3x4", {"m": 2, "k": 3, "n": 4}),
        Case("128x128x128", {"m": 128, "k": 128, "n": 128}),
    ),
    inputs=normal("mk", "kn"),
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=traffic("mk", "kn", "mn"),
    baseline="matmul",
    left_out={"chain_matmul": "deprecated in favour of multi_dot", "addmm": "in matmul.ladder: it adds a bias"},
)
