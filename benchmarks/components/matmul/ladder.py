"""MM-01, MM-06: the ladder of matrix products, at the sources' size and over squares from 8 to 2048."""

from __future__ import annotations

from typing import Any

from benchmarks.component import Case, Component, Inputs

DTYPES = {"float32": ("", 4), "bfloat16": ("-bf16", 2)}  # dtype -> (suffix of the case's name, bytes per element)
LOOPS_ON_TENSORS = ("loop", "row_times_column")


def inputs(case: Case, generator: Any) -> Inputs:
    """``a`` (m, k) and ``b`` (k, n). The sources' ``a`` is five rows of MNIST in [0, 1]: four fifths of it are zeros."""
    import torch

    m, k, n = (case.shape[axis] for axis in "mkn")
    dtype = getattr(torch, case.dtype)
    a = torch.randn(m, k, generator=generator)
    if case.shape.get("sparse"):
        a = torch.rand(m, k, generator=generator) * (torch.rand(m, k, generator=generator) > 0.8)
    return a.to(dtype), torch.randn(k, n, generator=generator).to(dtype)


def reference(case: Case, a: Any, b: Any) -> Any:
    """``a @ b`` in float64."""
    return a.double() @ b.double()


def tolerance(case: Case, expected: Any, a: Any, b: Any) -> Any:
    """Rounding of a sum of k products, element by element.

    float32: ``8 sqrt(k) 2^-24 (|a| @ |b|)``: the errors of k roundings add up like a random walk (Higham and Mary,
    2019), and the worst-case bound with k in place of 8 sqrt(k) would let bfloat16 arithmetic pass from k = 2048 on.
    bfloat16: one rounding of the result and one of each product, ``2^-8 (|c| + 4 sqrt(a^2 @ b^2))``.
    """
    a, b = a.double(), b.double()
    if case.dtype == "bfloat16":
        return 2.0**-8 * (expected.abs() + 4 * (a.square() @ b.square()).sqrt())
    return 8 * a.shape[1] ** 0.5 * 2.0**-24 * (a.abs() @ b.abs())


def flops(case: Case) -> int:
    """One multiplication and one addition for each (i, k, j)."""
    return 2 * case.shape["m"] * case.shape["k"] * case.shape["n"]


def bytes(case: Case) -> int:
    """Both inputs read once, the output written once."""
    m, k, n = (case.shape[axis] for axis in "mkn")
    return DTYPES[case.dtype][1] * (m * k + k * n + m * n)


def square(size: int, dtype: str) -> Case:
    """``size`` x ``size`` times the same; the loops leave when one call would take minutes."""
    return Case(
        name=f"{size}{DTYPES[dtype][0]}",
        shape={"m": size, "k": size, "n": size},
        dtype=dtype,
        series=f"square {dtype}",
        size=size,
        threads=("1", "all") if size >= 512 else ("1",),
    )


COMPONENT = Component(
    name="matmul.ladder",
    title="Matrix product, rung by rung",
    question="How much does each way of writing a matrix product cost, and how far is the best from the machine?",
    rows=("MM-01", "MM-06"),
    cases=(
        Case("5x784x10", {"m": 5, "k": 784, "n": 10, "sparse": True}, cold=True),
        *(square(size, "float32") for size in (8, 16, 32, 64, 128, 256, 512, 1024, 2048)),
        *(square(size, "bfloat16") for size in (8, 16, 32, 64, 128, 256, 512, 1024, 2048)),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="loop",
    compiled=("row_broadcast", "full_broadcast", "einsum", "mm"),
    published={
        "loop": (0.606, 0.330, 0.835, 1.12),
        "row_times_column": (1.57e-3, 709e-6, 1.39e-3, 1.72e-3),
        "row_broadcast": (421e-6, 289e-6, 254e-6, 325e-6),
        "einsum": (47.7e-6, 16.6e-6, 57.2e-6, 69.6e-6),
        "mm": (14e-6, 18.2e-6, 13.1e-6),
    },
    published_case="5x784x10",
)
