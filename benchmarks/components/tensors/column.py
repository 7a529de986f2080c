"""TN-04: one column of a matrix, the source's 3 x 3 and 4096 x 4096, stored by rows and by columns."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, n), normal; stored column by column where the case says so."""
    import torch

    x = torch.randn(case.shape["n"], case.shape["n"], generator=generator)
    return (x.t() if case.shape["by column"] else x,)


def reference(case: Case, x: Any) -> Any:
    """The last column, by numpy."""
    import torch

    return torch.from_numpy(x.numpy()[:, -1].copy()).double()


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """Nothing is computed."""
    return 0.0


def flops(case: Case) -> int:
    """None."""
    return 0


def bytes(case: Case) -> int:
    """The column read and written once. If stored by rows, each number takes a cache line of 64 bytes."""
    return ((4 if case.shape["by column"] else 64) + 4) * int(case.shape["n"])


COMPONENT = Component(
    name="tensors.column",
    title="One column of a matrix",
    question="Which way of indexing is cheapest, and how much of the time is strided memory access?",
    rows=("TN-04",),
    cases=(
        Case("4096x4096", {"n": 4096, "by column": False}, series="row by row", size=4096),
        Case(
            "3x3",
            {"n": 3, "by column": False},
            series="row by row",
            size=3,
            only=("mask", "ellipsis", "select"),
        ),
        Case("4096x4096-by-column", {"n": 4096, "by column": True}, only=("index_select", "select")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="ellipsis",
    work={"index_select": "First copies the whole matrix if it is stored by columns."},
    left_out={
        "a[0], a[:, 0] and narrow as views": "Views read nothing: smallops.slicing has their cost.",
        "rows": "A row is contiguous: it is the same as the case by-column.",
        "reading single elements": "tensors.elements.",
    },
)
