"""BP-08: mean squared error and its gradient at 50000 outputs, and at 64."""

from __future__ import annotations

import math
from typing import Any

from perfsuite.model.component import Case, Component, Inputs

UNIT = 2.0**-24


def inputs(case: Case, generator: Any) -> Inputs:
    """``output`` (n, 1), normal, and ``target`` (n,), digits from 0 to 9."""
    import torch

    n = case.shape["n"]
    return torch.randn(n, 1, generator=generator), torch.randint(10, (n,), generator=generator).float()


def reference(case: Case, output: Any, target: Any) -> Any:
    """Loss and gradient in float64."""
    difference = output.double() - target.double().unsqueeze(-1)
    return difference.square().mean(), 2 * difference / len(difference)


def tolerance(case: Case, expected: Any, output: Any, target: Any) -> Any:
    """Relative for both. Loss: a sum of positive terms, ``max(8, sqrt(n) / 4)`` roundings; gradient: at most five."""
    loss, gradient = expected
    return UNIT * max(8.0, math.sqrt(len(output)) / 4) * loss, 5 * UNIT * gradient.abs()


def flops(case: Case) -> int:
    """A difference, its square, the sum, and the scaled gradient for each output."""
    return 4 * int(case.shape["n"])


def bytes(case: Case) -> int:
    """Output and target read once, the gradient written once."""
    return 4 * (3 * int(case.shape["n"]) + 1)


COMPONENT = Component(
    name="backprop.mse",
    title="Mean squared error and its gradient",
    question="What does autograd add to a formula of three operators, and what does sharing the difference save?",
    rows=("BP-08",),
    cases=(
        Case("50000", {"n": 50000}, series="outputs", size=50000),
        Case(
            "64",
            {"n": 64},
            series="outputs",
            size=64,
            only=("autograd", "written_out"),
            compiled=(),
        ),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="written_out",
    compiled=("written_out",),
    graphed=("written_out", "native"),
    work={
        "written_out": "Computes the difference twice.",
        "native": "Computes the difference twice, inside its two operators.",
    },
    left_out={
        "the loss at the source's init": "22.1963, upstream 33.4708: the weights are not seeded.",
        "addcmul": "It adds a product to a tensor; here there is no tensor to add to.",
    },
)
