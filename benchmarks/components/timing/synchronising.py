"""TM-03: the losses of training steps, fetched one by one, occasionally, or at the end."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

RATE = 0.1


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (steps, batch, features), ``y`` (steps, batch) labels, ``start`` (features, classes), logits about 1."""
    import torch

    steps, batch, features, classes = (case.shape[axis] for axis in ("steps", "batch", "features", "classes"))
    return (
        torch.randn(steps, batch, features, generator=generator),
        torch.randint(classes, (steps, batch), generator=generator),
        torch.randn(features, classes, generator=generator) / features**0.5,
    )


def canonical(case: Case, output: Any) -> Any:
    """Weights and losses, the latter as a float32 tensor in all cases."""
    import torch

    weights, losses = output
    return weights, torch.tensor(losses, device=weights.device)


def reference(case: Case, x: Any, y: Any, start: Any) -> Any:
    """The steps in float64: the gradient of the mean cross entropy is ``(softmax - one_hot) / batch``."""
    import torch

    w, losses = start.double(), []
    for batch, labels in zip(x.double(), y, strict=True):
        logits = batch @ w
        losses.append(torch.nn.functional.cross_entropy(logits, labels))
        slope = (logits.softmax(1) - torch.nn.functional.one_hot(labels, w.shape[1])) / len(labels)
        w = w - RATE * batch.T @ slope
    return w, torch.stack(losses)


def tolerance(case: Case, expected: Any, x: Any, y: Any, start: Any) -> Any:
    """A logit has ``sqrt(features)`` roundings: ``1e-6``, and a little more per step; weights have a tenth of that."""
    steps = case.shape["steps"]
    return 1e-6 + 1e-7 * steps, 4e-6 + 4e-7 * steps


def flops(case: Case) -> int:
    """Two products of batch x features x classes for each step."""
    shape = case.shape
    return 4 * int(shape["steps"] * shape["batch"] * shape["features"] * shape["classes"])


def bytes(case: Case) -> int:
    """Data read once, the weights read and written once, the losses written once."""
    shape = case.shape
    samples, weights = shape["steps"] * shape["batch"], shape["features"] * shape["classes"]
    return int(samples * (4 * shape["features"] + 8) + 8 * weights + 4 * shape["steps"])


COMPONENT = Component(
    name="timing.synchronising",
    title="Fetching the loss of each step",
    question="What does it cost to read the loss in each step, and to read it later?",
    rows=("TM-03",),
    cases=(
        Case("16-of-64x784x10", {"steps": 16, "batch": 64, "features": 784, "classes": 10}),
        Case("64-of-1x4x2", {"steps": 64, "batch": 1, "features": 4, "classes": 2}),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="item_each",
    canonical=canonical,
    work={"synchronise_each": "Waits twice for the same step."},
    left_out={
        "times without a wait": "They time the launch, not the work: the suite never shows them.",
        "set_sync_debug_mode": "It finds the waits, and only slows those.",
        "printing the loss": "That is the speed of a terminal; see the family tblog.",
    },
)
