"""MM-01, MM-06: the ladder of matrix products, at the sources' size and for square matrices from 8 to 2048."""

from __future__ import annotations

from typing import Any

from benchmarks.components.matmul._products import flops, normal, reference, tolerance, traffic
from perfsuite.model.component import Case, Component, Inputs

NAN = float("nan")

# A rung is dropped at sizes where a call takes seconds, or its temporary gigabytes: smaller sizes are enough.
TO_2048 = ("numpy", "mm", "c_kernel", "triton")
TO_1024 = (*TO_2048, "einsum", "numba_rows", "c_rows", "aoti", "addmm", "mm_out")
TO_256 = (*TO_1024, "row_broadcast", "full_broadcast", "numba_loops", "c_loops")
TO_64 = (*TO_256, "lists", "row_times_column", "matmul", "numpy_out", "c_kernel_new")
# The loops would add up in bfloat16, a different problem; numpy, numba and C do not have this type.
BFLOAT16 = ("einsum", "aoti", "mm", "mm_out", "triton")

# Every rung in plain torch that does not unroll to thousands of operators.
PLAIN = ("row_times_column", "row_broadcast", "full_broadcast", "einsum", "matmul", "mm")
# Enough sizes to show the gain of compiling where overhead dominates, where arithmetic does, and between.
COMPILED = (8, 64, 256, 1024)
# Enough to show the cost of a cold cache for a temporary, for the library and for our own kernel.
COLD = ("row_broadcast", "einsum", "numpy", "mm", "c_kernel")


def inputs(case: Case, generator: Any) -> Inputs:
    """``a`` (m, k), ``b`` (k, n). The sources' ``a`` is five rows of MNIST in [0, 1], four fifths of it zeros."""
    import torch

    a, b = normal("mk", "kn")(case, generator)
    if case.shape.get("sparse"):
        a = torch.rand(a.shape, generator=generator) * (torch.rand(a.shape, generator=generator) > 0.8)
    return a, b


def square(size: int, *only: str, dtype: str = "float32") -> Case:
    """A product of two ``size`` x ``size`` matrices."""
    return Case(
        name=f"{size}-bf16" if dtype == "bfloat16" else str(size),
        shape={"m": size, "k": size, "n": size},
        dtype=dtype,
        series=f"square {dtype}",
        size=size,
        only=only,
        compiled=("full_broadcast", "mm") if size in COMPILED else (),
    )


COMPONENT = Component(
    name="matmul.ladder",
    title="Matrix product, rung by rung",
    question="What does each way of writing a matrix product cost, and how far is the best from the hardware limit?",
    rows=("MM-01", "MM-06"),
    cases=(
        Case("5x784x10", {"m": 5, "k": 784, "n": 10, "sparse": True}, cold=COLD, compiled=PLAIN),
        *(square(size) for size in (8, 16)),
        *(square(size, *TO_64) for size in (32, 64)),
        *(square(size, *TO_256) for size in (128, 256)),
        *(square(size, *TO_1024) for size in (512, 1024)),
        square(2048, *TO_2048),
        *(square(size, *BFLOAT16, dtype="bfloat16") for size in (32, 128, 512, 1024)),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=traffic("mk", "kn", "mn"),
    baseline="loop",
    graphed=("row_broadcast", "mm"),
    work={
        "lists": "adds up in float64",
        "numpy_out": "writes into a preallocated output",
        "addmm": "adds a bias of zeros",
        "numba_loops": "writes into a preallocated output; one thread",
        "numba_rows": "writes into a preallocated output; one thread",
        "c_loops": "writes into a preallocated output; one thread",
        "c_rows": "writes into a preallocated output; one thread",
        "c_kernel": "writes into a preallocated output; one thread; its inputs must not move",
        "c_kernel_new": "one thread; its inputs must not move",
        "mm_out": "writes into a preallocated output",
        "triton": "writes into a preallocated output",
    },
    # The lesson's text and table, the current notebook and its first version. c_loops: loops over arrays and unsafe
    # pointers, in Swift.
    published={
        "loop": (0.606, 0.330, 0.835, 1.12),
        "row_times_column": (1.57e-3, 709e-6, 1.39e-3, 1.72e-3),
        "row_broadcast": (421e-6, 289e-6, 254e-6, 325e-6),
        "einsum": (47.7e-6, 16.6e-6, 57.2e-6, 69.6e-6),
        "matmul": (14e-6, NAN, 18.2e-6, 13.1e-6),
        "c_loops": (NAN, NAN, 120e-6, NAN),
    },
    published_case="5x784x10",
    left_out={
        "torch.jit.script": "deprecated: it warns on every use",
        "torch.compile of loop, lists": "unrolls them: minutes of compiling for unrealistic code",
        "numba parallel=True, fastmath=True": "other threads, a different sum; numba_rows needs neither",
        "Cython, ctypes": "the same compiled loops with a more expensive call than c_loops",
        "F.linear, bmm, tensordot, inner": "in matmul.ranks_mat_mat and matmul.ranks_batch",
        "int8, int64": "in matmul.integer",
        "weights stored (out, in)": "a different input: see the family layers",
    },
)
