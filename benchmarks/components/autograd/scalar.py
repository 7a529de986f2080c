"""AG-02: a mean of two squares and its gradient."""

from __future__ import annotations

import math
from typing import Any

from perfsuite.model.component import Case, Component, Inputs

UNIT = 2.0**-24


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n,); the source's own [0, 1] is in the tests."""
    import torch

    return (torch.randn(case.shape["n"], generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """``mean((x - 1)^2 + 4)`` and ``2 (x - 1) / n`` in float64."""
    x = x.double()
    return ((x - 1).square() + 4).mean(), 2 * (x - 1) / len(x)


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """Relative for both. y: a sum of positive terms, ``max(8, sqrt(n) / 4)`` roundings; gradient: at most five."""
    y, gradient = expected
    return UNIT * max(8.0, math.sqrt(len(x)) / 4) * y, 5 * UNIT * gradient.abs()


def flops(case: Case) -> int:
    """Difference, square, addition and sum, and a product for the gradient."""
    return 5 * int(case.shape["n"])


def bytes(case: Case) -> int:
    """The numbers read once, their gradient and y written once."""
    return 4 * (2 * int(case.shape["n"]) + 1)


COMPONENT = Component(
    name="autograd.scalar",
    title="Gradient of a mean of squares",
    question="What does a graph with a few nodes cost, and which way of calling autograd costs least?",
    rows=("AG-02",),
    cases=(Case("2", {"n": 2}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="backward",
    graphed=("written_out",),
    work={"forward_mode": "Computes y once for each number."},
    left_out={
        "more numbers": "From about ten thousand numbers, the time is arithmetic, not the graph.",
        "finite differences": "Correct to three digits in float32; a test checks gradients with them in float64.",
        "-x^2 at 1, x^2 + 3x + 1 at 2": "Other small graphs; their gradients are in the tests.",
    },
)
