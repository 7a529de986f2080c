"""LS-02: mean cross entropy and its gradient, a batch of 64, from ten classes to 32000."""

from __future__ import annotations

from typing import Any

from benchmarks.components.losses._logits import UNIT, hard, picked, softmax_bound
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``logits`` (batch, classes), hard ones among them, and ``labels`` (batch,); some losses are 1000."""
    import torch

    batch, classes = case.shape["batch"], case.shape["classes"]
    labels = torch.randint(classes, (batch,), generator=generator)
    labels[2::8] = 0
    return hard(batch, classes, generator), labels


def reference(case: Case, logits: Any, labels: Any) -> Any:
    """Loss, and gradient ``(softmax - one_hot) / batch``, in float64."""
    import torch

    mask = torch.nn.functional.one_hot(labels, logits.shape[1])
    return picked(logits, labels).mean(), (logits.double().softmax(1) - mask) / len(labels)


def tolerance(case: Case, expected: Any, logits: Any, labels: Any) -> Any:
    """``64 2^-24``, relative, for the loss; for the gradient the softmax's bound, plus two units for subtracting 1."""
    import torch

    mask = torch.nn.functional.one_hot(labels, logits.shape[1])
    return 64 * UNIT * expected[0], (softmax_bound(logits) + 4 * UNIT * mask) / len(labels)


def flops(case: Case) -> int:
    """Five for each element of the softmax, two for its gradient."""
    return 7 * int(case.shape["batch"] * case.shape["classes"])


def bytes(case: Case) -> int:
    """The logits and labels read once, the gradient and the loss written once."""
    return 8 * int(case.shape["batch"]) * int(case.shape["classes"] + 1) + 4


def classes(count: int, **more: Any) -> Case:
    """Sixty-four rows of ``count`` classes."""
    return Case(f"64x{count}", {"batch": 64, "classes": count}, series="batch of 64", size=count, **more)


COMPONENT = Component(
    name="losses.cross_entropy",
    title="Cross entropy and its gradient",
    question="What does each way to compute the same gradient cost, and how much of that is autograd?",
    rows=("LS-02",),
    cases=(classes(10, compiled=()), classes(32000, only=("one_hot", "cross_entropy", "by_hand"))),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="one_hot",
    compiled=("by_hand",),
    graphed=("by_hand",),
    work={
        "one_hot": "Also makes the mask, eight bytes for each class of each row.",
        "by_hand": "Uses no autograd; all others build a graph and run it backward.",
    },
    left_out={
        "nll_loss of log_softmax": "losses.likelihood compares it with cross_entropy: the same two kernels.",
        "log(softmax)": "Gives inf for the logits 1000 and 0; the tests check that it is rejected.",
        "a global maximum": "The source's formula: a row far below another row's maximum underflows to nan or inf.",
        "probabilities as targets": "losses.one_hot compares them with class indices.",
        "label smoothing": "A different loss.",
    },
)
