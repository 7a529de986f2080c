"""LS-02: the last layer and its loss over a vocabulary of 4096, at once or a few tokens at a time."""

from __future__ import annotations

from typing import Any

from benchmarks.components.losses._logits import UNIT, picked
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``hidden`` (tokens, width), ``weight`` (vocabulary, width) such that logits are about normal, ``labels``."""
    import torch

    tokens, width, vocabulary = (case.shape[axis] for axis in ("tokens", "width", "vocabulary"))
    return (
        torch.randn(tokens, width, generator=generator),
        torch.randn(vocabulary, width, generator=generator) / width**0.5,
        torch.randint(vocabulary, (tokens,), generator=generator),
    )


def slope(hidden: Any, weight: Any, labels: Any) -> Any:
    """The gradient with respect to the logits in float64."""
    import torch

    mask = torch.nn.functional.one_hot(labels, len(weight))
    return ((hidden.double() @ weight.double().T).softmax(1) - mask) / len(labels)


def reference(case: Case, hidden: Any, weight: Any, labels: Any) -> Any:
    """Loss and both gradients in float64."""
    back = slope(hidden, weight, labels)
    loss = picked(hidden.double() @ weight.double().T, labels).mean()
    return loss, back @ weight.double(), back.T @ hidden.double()


def tolerance(case: Case, expected: Any, hidden: Any, weight: Any, labels: Any) -> Any:
    """``64 2^-24``, relative, for the loss; for a gradient ``(64 + 8 sqrt(width)) 2^-24`` of its terms' absolute sum.

    The error of a logit is the rounding of ``width`` products, which is the relative error of a probability.
    """
    back = slope(hidden, weight, labels).abs()
    unit = (64 + 8 * case.shape["width"] ** 0.5) * UNIT
    return (
        64 * UNIT * expected[0],
        unit * (back @ weight.double().abs()) + 1e-37,
        unit * (back.T @ hidden.double().abs()) + 1e-37,
    )


def flops(case: Case) -> int:
    """Three products of one size: the logits and two gradients."""
    return 6 * int(case.shape["tokens"] * case.shape["width"] * case.shape["vocabulary"])


def bytes(case: Case) -> int:
    """Both matrices read once and both gradients written once; the logits need not be stored."""
    shape = case.shape
    return 8 * int(shape["width"]) * int(shape["tokens"] + shape["vocabulary"]) + 8 * int(shape["tokens"]) + 4


COMPONENT = Component(
    name="losses.linear_cross_entropy",
    title="Last layer and loss over a large vocabulary",
    question="How much memory is saved by never storing all logits, and how much time does that cost?",
    rows=("LS-02",),
    cases=(
        Case("512x64x4096", {"tokens": 512, "width": 64, "vocabulary": 4096}),
        Case(
            "2048x256x32768",
            {"tokens": 2048, "width": 256, "vocabulary": 32768},
            opt_in="4 GB and seconds per call",
            memory=6_000_000_000,
        ),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="whole",
    work={"chunked": "Computes its gradient by hand in the forward pass; no graph is kept."},
    left_out={"checkpointing": "It computes the logits a second time; the chunks need only one pass."},
)
