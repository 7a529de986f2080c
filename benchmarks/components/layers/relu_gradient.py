"""LY-07: the gradient of ReLU, by autograd and by hand."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` and ``slope`` (rows, 50), normal, no ``x`` of exactly 0."""
    import torch

    x, slope = (torch.randn(case.shape["rows"], 50, generator=generator) for _ in range(2))
    return torch.where(x == 0, 1.0, x), slope


def reference(case: Case, x: Any, slope: Any) -> Any:
    """The result in float64."""
    return (x > 0) * slope.double()


def tolerance(case: Case, expected: Any, x: Any, slope: Any) -> Any:
    """Nothing is rounded."""
    return 0.0


def flops(case: Case) -> int:
    """One comparison for each element."""
    return 50 * int(case.shape["rows"])


def bytes(case: Case) -> int:
    """Both inputs read once, the gradient written once."""
    return 12 * 50 * int(case.shape["rows"])


COMPONENT = Component(
    name="layers.relu_gradient",
    title="Gradient of ReLU",
    question="What do the forward pass and the graph cost compared with the gradient itself?",
    rows=("LY-07",),
    cases=(Case("10000x50", {"rows": 10_000}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="relu",
    work={"mask": "Computes no forward pass and keeps no graph."},
)
