"""ES-15: a formula of integers. ``matmul.integer`` has more variants, with the same inputs."""

from __future__ import annotations

from benchmarks.components.einsum._formulas import exact, traffic
from benchmarks.components.matmul._products import flops
from benchmarks.components.matmul.integer import inputs, reference
from perfsuite.model.component import Case, Component

COMPONENT = Component(
    name="einsum.integer",
    title="Product of integer matrices: ij,jk->ik",
    question="Is it worth casting integers to floating point and back for the sake of a BLAS?",
    rows=("ES-15",),
    cases=(Case("256", {"m": 256, "k": 256, "n": 256}, dtype="int64"),),
    inputs=inputs,
    reference=reference,
    tolerance=exact,
    flops=flops,
    bytes=traffic("mk", "kn", "mn"),
    baseline="einsum",
    work={"through_float64": "correct only while every sum stays below 2^53"},
    left_out={
        "2x3 @ 3x4": "the source's numbers, which are a test; matmul.integer has the time",
        "mm, numpy, int32": "matmul.integer has them",
        "float32": "exact below 2^24 only: some of these sums are larger, so it would be wrong here",
    },
)
