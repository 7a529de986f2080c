"""RD-02: the views of a tensor's pieces, by slices and by other calls, by number of pieces."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (rows) or (rows, columns)."""
    import torch

    shape = [case.shape["rows"], *([case.shape["columns"]] if "columns" in case.shape else [])]
    return (torch.randn(shape, generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """The pieces, as one tensor (pieces, 10, ...)."""
    return x.double().view(-1, 10, *x.shape[1:])


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """Splitting is exact."""
    return 0.0


def canonical(case: Case, output: Any) -> Any:
    """The list of pieces as one tensor."""
    import torch

    return torch.stack(list(output))


def flops(case: Case) -> int:
    """None."""
    return 0


def bytes(case: Case) -> int:
    """Zero: a view reads nothing."""
    return 0


def matrix(rows: int) -> Case:
    """``rows`` rows of ten."""
    return Case(f"{rows}x10", {"rows": rows, "columns": 10}, series="rows of 10", size=rows)


COMPONENT = Component(
    name="smallops.slicing",
    title="A tensor split into pieces",
    question="What does a slice cost, and is there a cheaper way to get the same view?",
    rows=("RD-02",),
    cases=(matrix(500), matrix(20), matrix(5000), Case("500", {"rows": 500})),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="slice_index",
    aliases="The pieces are views, which is the point of this component.",
    canonical=canonical,
    work={
        "index_select": "Copies each piece, and creates a tensor of indices for it.",
        "clone": "Copies each piece.",
        "kept": "Creates no views: it returns existing ones.",
    },
    left_out={
        "select": "It is a slice of one row without its dimension; the loops of RD-01 use it.",
    },
)
