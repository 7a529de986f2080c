"""BC-03: the mean squared error of a column and a vector, and what the accidental (n, n) between them costs."""

from __future__ import annotations

import math
from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``predictions`` (n, 1) and ``targets`` (n,)."""
    import torch

    n = case.shape["n"]
    return torch.randn(n, 1, generator=generator), torch.randn(n, generator=generator)


def reference(case: Case, predictions: Any, targets: Any) -> Any:
    """The mean in float64, pair by pair."""
    return (predictions.double().flatten() - targets.double()).square().mean()


def tolerance(case: Case, expected: Any, predictions: Any, targets: Any) -> Any:
    """Relative, because all terms are positive: ``2^-24`` times 8, or times ``sqrt(n) / 4`` if that is larger."""
    return expected * 2.0**-24 * max(8, math.sqrt(len(targets)) / 4)


def pairs(n: int, *only: str, **more: Any) -> Case:
    """``n`` predictions."""
    return Case(str(n), {"n": n}, series="n", size=n, only=only, **more)


COMPONENT = Component(
    name="broadcast.squared_error",
    title="Mean squared error, and an accidental broadcast",
    question="A forgotten squeeze gives a wrong result. What does it also cost in time and memory?",
    rows=("BC-03",),
    cases=(
        pairs(1000),
        pairs(3000, "diagonal", "mse_loss"),
        Case("10000", {"n": 10_000}, opt_in="0.8 GB for the mistake", memory=2_000_000_000),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=lambda case: 3 * int(case.shape["n"]),
    bytes=lambda case: 8 * int(case.shape["n"]) + 4,
    baseline="diagonal",
    work={"diagonal": "Computes and squares n^2 differences, of which only n are needed."},
    left_out={
        "the mean over all n^2": "the mistake itself: a different result, which a test rejects",
        "view_as, targets[:, None]": "one view, like squeeze",
        "sum(a + b) for sum(a + b, 0)": "two results, 12 and [5, 7], which a test checks",
    },
)
