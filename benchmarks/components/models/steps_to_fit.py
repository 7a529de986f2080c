"""MD-10: the time until a deep convolutional network has learnt 64 images, by the spread of its initial weights."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

SIDE, CLASSES = 28, 10


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, 1, 28, 28) and ``labels`` (n,): ten smooth patterns, each image one of them with noise on it."""
    import torch

    coarse = torch.randn(CLASSES, 1, 7, 7, generator=generator)
    patterns = torch.nn.functional.interpolate(coarse, size=(SIDE, SIDE), mode="bilinear")
    labels = torch.randint(CLASSES, (case.shape["n"],), generator=generator)
    noise = 0.3 * torch.randn(case.shape["n"], 1, SIDE, SIDE, generator=generator)
    return patterns[labels] + noise, labels


def reference(case: Case, x: Any, labels: Any) -> Any:
    """The labels."""
    return labels.clone()


def tolerance(case: Case, expected: Any, x: Any, labels: Any) -> float:
    """All predictions must be correct."""
    return 0.0


def flops(case: Case) -> int:
    """The number of steps is the question, so no arithmetic is required."""
    return 0


def bytes(case: Case) -> int:
    """Images read once, classes written once."""
    return int(case.shape["n"]) * (4 * SIDE * SIDE + 8)


COMPONENT = Component(
    name="models.steps_to_fit",
    title="Time to learn, by initial weights",
    question="How much faster does a network learn with the right spread of the initial weights?",
    rows=("MD-10",),
    cases=(Case("64x28x28", {"n": 64}, dtype="int64"),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="default",
    accepts={"copy of an input": "The labels are an input, and predicting them is what is learnt."},
    left_out={
        "the spread of each layer's output": "Not a question of time: tests and facts of every run check it.",
        "Adam, batch norm": "They are designed to make the initial weights matter less.",
        "the loss on other images": "Sixty-four images do not teach a network about others.",
    },
)
