"""Softmax of a small matrix, which is all overhead, and of one that fits in the L2 cache: one operator each."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

SHAPES = ((16, 100), (256, 1000))


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (rows, columns), normal."""
    import torch

    return (torch.randn(case.shape["rows"], case.shape["columns"], generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """Softmax in float64."""
    return x.double().softmax(dim=1)


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """A sum of positive terms and an exponential that is correct to a few units: ``64 2^-24`` of each element."""
    return 64 * 2.0**-24 * expected


def flops(case: Case) -> int:
    """Maximum, difference, exponential, sum and quotient: five for each element."""
    return 5 * int(case.shape["rows"]) * int(case.shape["columns"])


def bytes(case: Case) -> int:
    """The matrix read once, the result written once."""
    return 8 * int(case.shape["rows"]) * int(case.shape["columns"])


COMPONENT = Component(
    name="noise.softmax",
    title="Softmax of a matrix",
    question="How small a slowdown of one operator that allocates its output can be detected?",
    rows=(),
    cases=tuple(Case(f"{rows}x{columns}", {"rows": rows, "columns": columns}) for rows, columns in SHAPES),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="softmax",
)
