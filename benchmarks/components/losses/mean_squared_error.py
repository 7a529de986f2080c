"""LS-05: the mean squared error of 100 and of 50000 predictions."""

from __future__ import annotations

from typing import Any

from benchmarks.components.losses._logits import UNIT
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``prediction`` (n,) and ``target`` (n,), normal."""
    import torch

    return tuple(torch.randn(case.shape["n"], generator=generator) for _ in range(2))


def reference(case: Case, prediction: Any, target: Any) -> Any:
    """The mean in float64."""
    return (prediction.double() - target.double()).square().mean()


def tolerance(case: Case, expected: Any, prediction: Any, target: Any) -> Any:
    """Relative, because all terms are positive: ``2^-24`` times 8, or times ``sqrt(n) / 4`` if that is larger."""
    return expected * UNIT * max(8, len(target) ** 0.5 / 4)


def flops(case: Case) -> int:
    """Difference, square and sum."""
    return 3 * int(case.shape["n"])


def bytes(case: Case) -> int:
    """Both vectors read once, one number written."""
    return 8 * int(case.shape["n"]) + 4


COMPONENT = Component(
    name="losses.mean_squared_error",
    title="Mean squared error",
    question="Is any way of writing it faster than the library's call, for a batch and for a whole set?",
    rows=("LS-05",),
    cases=(
        Case("100", {"n": 100}, series="predictions", size=100),
        Case("50000", {"n": 50_000}, series="predictions", size=50_000, only=("power", "mse_loss", "dot")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="power",
    graphed=("mse_loss",),
    left_out={
        "difference * difference": "It is what pow does for an exponent of 2.",
        "nn.MSELoss": "A module that calls the library's function.",
        'reduction="sum"': "The same two kernels; the division is of a single number.",
        "addcmul": "It adds a product to a tensor; the mean needs a sum of products, which is dot.",
        "prediction (n, 1) and target (n,)": "They broadcast to a matrix and give a different mean, as a test shows.",
        "torch.compile": "Below a hundred thousand elements the call dominates, and compiling makes it slower.",
    },
)
