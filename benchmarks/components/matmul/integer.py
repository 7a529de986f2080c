"""MM-04: products of integer matrices, which no BLAS computes."""

from __future__ import annotations

from typing import Any

from benchmarks.components.matmul._products import flops, traffic
from perfsuite.model.component import Case, Component, Inputs

LARGEST = 1000


def inputs(case: Case, generator: Any) -> Inputs:
    """``a`` (m, k), ``b`` (k, n), int64 in [-1000, 1000]: too large for int8, for bfloat16 and for sums in float32."""
    import torch

    m, k, n = (case.shape[axis] for axis in "mkn")
    shapes = (m, k), (k, n)
    return tuple(torch.randint(-LARGEST, LARGEST + 1, shape, generator=generator) for shape in shapes)


def reference(case: Case, a: Any, b: Any) -> Any:
    """Exact: every sum is an integer below 2^53, which float64 holds."""
    return (a.double() @ b.double()).long()


def exact(case: Case, expected: Any, a: Any, b: Any) -> float:
    """Integers must be equal."""
    return 0.0


def square(size: int, *only: str) -> Case:
    """A product of two ``size`` x ``size`` matrices."""
    shape = {"m": size, "k": size, "n": size}
    return Case(str(size), shape, dtype="int64", series="square", size=size, only=only)


COMPONENT = Component(
    name="matmul.integer",
    title="Product of integer matrices",
    question="Integers look simpler than floats. What does a matrix product of int64 cost without a BLAS?",
    rows=("MM-04",),
    cases=(
        Case("2x3x4", {"m": 2, "k": 3, "n": 4}, dtype="int64"),
        square(64),
        square(256),
        square(512, "einsum", "mm", "int32", "float64"),  # numpy takes a second
    ),
    inputs=inputs,
    reference=reference,
    tolerance=exact,
    flops=flops,
    bytes=traffic("mk", "kn", "mn"),
    baseline="mm",
    work={
        "int32": "correct only while every sum stays below 2^31; here they are below 2^29",
        "float64": "correct only while every sum stays below 2^53",
    },
    left_out={
        "float32": "exact below 2^24 only: these sums are larger, so it would be wrong here",
        "bfloat16": "does not represent integers above 256 exactly",
        "torch._int_mm": "multiplies int8, which is too small for these numbers",
        "int64 on CUDA": "torch has no such kernel: addmm_cuda is not implemented for Long",
    },
)
