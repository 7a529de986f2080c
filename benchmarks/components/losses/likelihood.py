"""LS-07: the lesson's refactorings of the negative log likelihood, for 50000 rows of ten classes and a batch of 64."""

from __future__ import annotations

from typing import Any

from benchmarks.components.losses._logits import UNIT, picked
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``logits`` (batch, 10), normal, and ``labels`` (batch,)."""
    import torch

    batch = case.shape["batch"]
    return (
        torch.randn(batch, 10, generator=generator),
        torch.randint(10, (batch,), generator=generator),
    )


def reference(case: Case, logits: Any, labels: Any) -> Any:
    """The mean in float64."""
    return picked(logits, labels).mean()


def tolerance(case: Case, expected: Any, logits: Any, labels: Any) -> Any:
    """``32 2^-24``, relative: a mean of positive terms, each correct to a few units."""
    return 32 * UNIT * expected


def flops(case: Case) -> int:
    """Exponential and sum for each element, a logarithm, a difference and a sum for each row."""
    return 23 * int(case.shape["batch"])


def bytes(case: Case) -> int:
    """Logits and labels read once, one number written."""
    return 48 * int(case.shape["batch"]) + 4


COMPONENT = Component(
    name="losses.likelihood",
    title="Negative log likelihood, refactored",
    question="Which steps of the lesson's refactoring make it faster, and which only shorter or safer?",
    rows=("LS-07",),
    cases=(
        Case("50000x10", {"batch": 50_000}, series="ten classes", size=50_000),
        Case("64x10", {"batch": 64}, series="ten classes", size=64, only=("gather", "cross_entropy")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="exp_sum_log",
    accepts={"bf16 arithmetic": "a mean of many numbers: at 50000 rows the roundings of the inputs cancel out"},
    work={
        "exp_sum_log": "Overflows for logits above 88.7; there are none among the inputs.",
        "log_of_sum": "Overflows for logits above 88.7; there are none among the inputs.",
    },
)
