"""RD-01: the sum of 500 rows of ten, by loops and by one call, and the ratio of the two from 50 to 50000 rows."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

# Variants for wide rows and for very many: does the loop still cost as much as its operators?
WIDE = ("slice_loop", "unbind_loop", "numpy_loop", "ones_matmul", "torch_sum", "numpy_sum")


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (rows, columns).

    Normal, not uniform as in the source: sums that stay near 0 show the rounding of ``x``, and the time is the same.
    """
    import torch

    return (torch.randn(case.shape["rows"], case.shape["columns"], generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """The sum over the rows in float64."""
    return x.double().sum(dim=0)


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """Rounding of a sequential sum of ``n`` numbers: ``8 sqrt(n) 2^-24 sqrt(sum x^2)`` for each column.

    The partial sums of random signs grow like ``sqrt(k)``, and so do the ``n`` roundings of each of them.
    """
    return 8 * x.shape[0] ** 0.5 * 2.0**-24 * x.double().square().sum(dim=0).sqrt()


def flops(case: Case) -> int:
    """One addition for each element except those of the first row."""
    return int(case.shape["rows"] - 1) * int(case.shape["columns"])


def bytes(case: Case) -> int:
    """The matrix read once, one row written."""
    return 4 * int(case.shape["rows"] + 1) * int(case.shape["columns"])


def tall(rows: int) -> Case:
    """``rows`` rows of ten, as in the source; the slowest loops are left out for the largest sizes."""
    shape = {"rows": rows, "columns": 10}
    return Case(f"{rows}x10", shape, series="rows of 10", size=rows, only=WIDE if rows > 5000 else ())


COMPONENT = Component(
    name="smallops.row_sum",
    title="Sum of the rows of a matrix",
    question="How much does a loop over small tensors cost, and is one call really a hundred times faster?",
    rows=("RD-01",),
    cases=(*map(tall, (500, 50, 1500, 5000, 50000)), Case("500x1000", {"rows": 500, "columns": 1000}, only=WIDE)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="slice_loop",
    compiled=("torch_sum",),
    graphed=("torch_sum",),
    work={
        "list_loops": "Adds in float64 and converts every element to a Python number.",
        "list_columns": "Adds in float64 and converts every element to a Python number.",
        "sum_float64": "Adds in float64.",
        "cumsum": "Writes all partial sums, as many elements as the matrix has.",
        "ones_matmul": "Makes a vector of ones and multiplies by it: twice the arithmetic.",
        "index_add": "Makes an index of zeros, eight bytes for each row.",
    },
    left_out={
        "torch.compile of the loops": "It unrolls them: 500 steps take minutes to compile, 50000 do not finish.",
        "chunk": "torch.chunk(rows) makes the same views as split(1).",
    },
)
