"""TR-03: a loss that is read in every step, occasionally, or at the end."""

from __future__ import annotations

from typing import Any

from benchmarks.components.training import _digits, _network
from perfsuite.model.component import Case, Component, Inputs

BATCH, RATE, SIZES = 32, 0.1, (64, 64, 10)


def inputs(case: Case, generator: Any) -> Inputs:
    """``xs`` (steps, 32, 64) and ``ys`` (steps, 32), real digits of 8x8; ``start``."""
    steps = case.shape["steps"]
    images, labels = _digits.drawn(steps * BATCH, generator)
    return images.reshape(steps, BATCH, 64), labels.reshape(steps, BATCH), _network.start(SIZES, generator)


def reference(case: Case, xs: Any, ys: Any, start: Any) -> Any:
    """The steps in float64: mean loss and parameters."""
    losses, parameters = _network.descent(zip(xs, ys, strict=True), start, RATE)
    return losses.mean(), parameters


def tolerance(case: Case, expected: Any, xs: Any, ys: Any, start: Any) -> Any:
    """Each step rounds the parameters, which are below 1, and their gradients.

    A hidden unit whose input is within rounding of 0 may be active in one arithmetic and not in the other: for one
    sample that moves its weights by ``0.1 / 32`` times the gradient that reaches it, below 1/4, and the losses after it
    by a tenth of that.
    """
    bound = RATE / BATCH / 4
    return bound / 10, *[bound + 4 * len(xs) * _network.UNIT] * len(start)


def flops(case: Case) -> int:
    """Forward, backward without the gradient of the images, and two for each parameter in each step."""
    steps = int(case.shape["steps"])
    return _network.products(SIZES, steps * BATCH) + 2 * steps * _network.numbers(SIZES)


def bytes(case: Case) -> int:
    """Images and labels read once, parameters read and written once."""
    return int(case.shape["steps"]) * BATCH * (4 * 64 + 8) + 8 * _network.numbers(SIZES)


COMPONENT = Component(
    name="training.running_loss",
    title="Reading the loss",
    question="What is the cost of `loss.item()` in each step: the number, or the wait for the device?",
    rows=("TR-03",),
    cases=(Case("40", {"steps": 40}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="items",
    left_out={
        "futures": "An asynchronous copy to the host with an event is one: copied_behind.",
        "1875 steps": "Each step is like the previous one; the GPU falls behind within a few.",
    },
)
