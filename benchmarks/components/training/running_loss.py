"""TR-03: a loss that is read in every step, occasionally, or at the end."""

from __future__ import annotations

from typing import Any

from benchmarks.components.training import _digits, _network
from perfsuite.model.component import Case, Component, Inputs

BATCH, RATE, SIZES = 32, 0.1, (64, 64, 10)
TRIES = 20  # the last one is taken as it is


def inputs(case: Case, generator: Any) -> Inputs:
    """``xs`` (steps, 32, 64) and ``ys`` (steps, 32), real digits of 8x8; ``start``.

    They are drawn anew, one time in seven, if a hidden unit comes near 0.
    """
    steps = case.shape["steps"]
    for _ in range(TRIES):
        images, labels = _digits.drawn(steps * BATCH, generator)
        xs, ys = images.reshape(steps, BATCH, 64), labels.reshape(steps, BATCH)
        start = _network.start(SIZES, generator)
        if _network.smooth(zip(xs, ys, strict=True), start, RATE):
            break
    return xs, ys, start


def reference(case: Case, xs: Any, ys: Any, start: Any) -> Any:
    """The steps in float64: mean loss and parameters."""
    losses, parameters = _network.descent(zip(xs, ys, strict=True), start, RATE)
    return losses.mean(), parameters


def tolerance(case: Case, expected: Any, xs: Any, ys: Any, start: Any) -> Any:
    """Each step rounds the parameters, which are below 1, and their gradients; the loss, about 2, is a sum."""
    return (len(xs) + 16) * _network.UNIT


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
    version="2",  # no hidden unit near 0
    left_out={
        "futures": "An asynchronous copy to the host with an event is one: copied_behind.",
        "1875 steps": "Each step is like the previous one; the GPU falls behind within a few.",
    },
)
