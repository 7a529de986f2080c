"""LS-08: cross entropy with one-hot integers as labels, for a batch of 10000."""

from __future__ import annotations

from typing import Any

from benchmarks.components.losses._logits import UNIT, hard, picked
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``logits`` (batch, 10) and ``labels`` (batch, 10), int64 with a single 1 in each row."""
    import torch

    batch = case.shape["batch"]
    labels = torch.randint(10, (batch,), generator=generator)
    labels[2::8] = 0
    return hard(batch, 10, generator), torch.nn.functional.one_hot(labels, 10)


def reference(case: Case, logits: Any, labels: Any) -> Any:
    """The mean in float64."""
    return picked(logits, labels.argmax(1)).mean()


def tolerance(case: Case, expected: Any, logits: Any, labels: Any) -> Any:
    """``64 2^-24``, relative: a sum of terms that are not negative."""
    return 64 * UNIT * expected


def flops(case: Case) -> int:
    """Maximum, difference, exponential and sum: four for each element."""
    return 40 * int(case.shape["batch"])


def bytes(case: Case) -> int:
    """Logits and labels read once, one number written."""
    return 120 * int(case.shape["batch"]) + 4


COMPONENT = Component(
    name="losses.one_hot",
    title="One-hot integers as labels",
    question="Is it cheaper to convert one-hot labels to probabilities or to find their class?",
    rows=("LS-08",),
    cases=(Case("10000x10", {"batch": 10_000}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="cast",
    left_out={"the integers as they are": "cross_entropy raises: it takes class indices or floating probabilities."},
)
