"""TN-01, TN-02: nested Python lists as a tensor, the sources' 2 x 2 and 100 x 100."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``values``, rows of eighths, the same for every seed, and ``x`` (rows, columns), normal."""
    import torch

    rows, columns = case.shape["rows"], case.shape["columns"]
    values = [[((row * columns + column) * 37 % 1001) / 8 for column in range(columns)] for row in range(rows)]
    return values, torch.randn(rows, columns, generator=generator)


def reference(case: Case, values: Any, x: Any) -> Any:
    """The sum in float64."""
    import torch

    return x.double() + torch.tensor(values, dtype=torch.float64)


def tolerance(case: Case, expected: Any, values: Any, x: Any) -> Any:
    """Eighths below 126 are exact in float32; the sum rounds once: ``2^-24`` of it."""
    return 2.0**-24 * expected.abs()


def flops(case: Case) -> int:
    """One addition for each element."""
    return int(case.shape["rows"] * case.shape["columns"])


def bytes(case: Case) -> int:
    """``x`` and the numbers of the list read once, the sum written once."""
    return 12 * int(case.shape["rows"] * case.shape["columns"])


def matrix(rows: int, columns: int, *only: str) -> Case:
    """A list of ``rows`` lists."""
    shape = {"rows": rows, "columns": columns}
    return Case(f"{rows}x{columns}", shape, series="numbers", size=rows * columns, only=only)


COMPONENT = Component(
    name="tensors.from_list",
    title="Python lists as a tensor",
    question="What does it cost to convert the numbers of a Python list to a tensor, and which way is fastest?",
    rows=("TN-01", "TN-02"),
    cases=(matrix(100, 100), matrix(2, 2, "tensor", "numpy")),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="tensor",
    work={"kept": "Reads no list: the tensor is made in advance."},
    left_out={
        "as_tensor, asarray": "They can only copy a list, as `tensor` does.",
        "np.array(values) without a dtype": "It makes float64, which needs another conversion: see tensors.cast.",
    },
)
