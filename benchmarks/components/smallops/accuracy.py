"""RD-06: counting the correct predictions in an evaluation of 313 batches, and of fewer and larger ones."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

CLASSES = 10


def inputs(case: Case, generator: Any) -> Inputs:
    """``logits``, a list of (batch, 10), and ``labels``, a list of (batch,): right in about a third of the cases."""
    import torch

    batches, batch = case.shape["batches"], case.shape["batch"]
    logits = torch.randn(batches, batch, CLASSES, generator=generator)
    labels = torch.randint(CLASSES, (batches, batch), generator=generator)
    known = torch.rand(batches, batch, generator=generator) < 0.3
    labels = torch.where(known, logits.argmax(2), labels)
    return [one.clone() for one in logits], [one.clone() for one in labels]


def reference(case: Case, logits: Any, labels: Any) -> Any:
    """The count, an integer."""
    import torch

    return (torch.stack(logits).double().argmax(2) == torch.stack(labels)).sum()


def tolerance(case: Case, expected: Any, logits: Any, labels: Any) -> Any:
    """A count is exact."""
    return 0.0


def canonical(case: Case, output: Any) -> Any:
    """The output, which must be a Python integer.

    Raises:
        TypeError: it is not.
    """
    if type(output) is not int:
        raise TypeError(f"{type(output).__name__}, not a Python integer")
    return output


def flops(case: Case) -> int:
    """For each prediction nine comparisons, one with its label, and one addition."""
    return (CLASSES + 1) * int(case.shape["batches"] * case.shape["batch"])


def bytes(case: Case) -> int:
    """Logits and labels read once."""
    return (4 * CLASSES + 8) * int(case.shape["batches"] * case.shape["batch"])


def batches(count: int, batch: int) -> Case:
    """``count`` batches of ``batch``, ten thousand predictions in all."""
    shape = {"batches": count, "batch": batch}
    return Case(f"{count}x{batch}", shape, dtype="int64", series="10000 predictions", size=batch)


COMPONENT = Component(
    name="smallops.accuracy",
    title="Counting correct predictions",
    question="An evaluation loop counts batch by batch. How much of that is counting, and how much reading the number?",
    rows=("RD-06",),
    cases=(batches(313, 32), batches(39, 256), batches(5, 2000)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="as_float",
    canonical=canonical,
    work={
        "predictions_first": "Copies predictions and labels together.",
        "joined": "Copies all logits and labels together.",
    },
    left_out={
        "a metrics package": "Its accuracy is `accumulate` plus checks of the arguments.",
    },
)
