"""TR-01: an epoch of the source's classifier, from its own loop to one that is only arithmetic."""

from __future__ import annotations

from typing import Any

from benchmarks.components.training import _digits, _network
from perfsuite.model.component import Case, Component, Inputs

BATCH, RATE = 32, 1e-3


def sizes(case: Case) -> tuple[int, ...]:
    """The widths of the layers."""
    width = int(case.shape["width"])
    return 784, width, width, 10


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, 28, 28) and ``y`` (n,) as arrays, real digits in random order; ``start``; and the source's rate."""
    images, labels = _digits.drawn(case.shape["steps"] * BATCH, generator)
    return _digits.enlarged(images).numpy(), labels.numpy(), _network.start(sizes(case), generator), RATE


def reference(case: Case, x: Any, y: Any, start: Any, rate: float) -> Any:
    """The steps in float64: the mean of the losses, and the parameters."""
    import torch

    batches = zip(torch.from_numpy(x).split(BATCH), torch.from_numpy(y).split(BATCH), strict=True)
    losses, parameters = _network.descent(batches, start, rate)
    return losses.mean(), parameters


def tolerance(case: Case, expected: Any, x: Any, y: Any, start: Any, rate: float) -> Any:
    """Each step rounds the parameters, most of them below 1/8; the error of the loss is rounding of the outputs.

    A hidden unit whose input is within rounding of 0 may be active in one arithmetic and not in the other: for one
    sample that moves its weights by ``rate / 32`` times the gradient that reaches it, below 1/4.
    """
    steps = len(y) // BATCH
    return 5e-6, *[rate / BATCH / 4 + steps / 8 * _network.UNIT] * len(start)


def flops(case: Case) -> int:
    """Forward, backward without the gradient of the images, and two for each parameter in each step."""
    steps = int(case.shape["steps"])
    return _network.products(sizes(case), steps * BATCH) + 2 * steps * _network.numbers(sizes(case))


def bytes(case: Case) -> int:
    """Images and labels read once, parameters read and written once."""
    return int(case.shape["steps"]) * BATCH * (4 * 784 + 8) + 8 * _network.numbers(sizes(case))


def wide(width: int, steps: int = 10, **more: Any) -> Case:
    """``steps`` batches through two hidden layers of ``width``."""
    return Case(f"{steps}x{BATCH}-{width}", {"steps": steps, "width": width}, **more)


COMPONENT = Component(
    name="training.epoch",
    title="An epoch of training",
    question="How much of an epoch is training, and how much is the loop around it?",
    rows=("TR-01",),
    cases=(
        wide(512, series="width", size=512),
        wide(64, series="width", size=64, only=("loader", "slices", "resident", "written_out")),
        wide(512, 1875, opt_in="as many steps as the source's epoch: 3 s for each of six variants"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="loader",
    work={"written_out": "Makes no graph: the derivatives are computed from formulas."},
    left_out={
        "the source's losses and accuracies": "They are for Fashion-MNIST, which is not downloaded here. Tests show on "
        "real digits that every variant learns.",
        "torch.compile, CUDA graphs": "training.compiled_step has them and, part by part, training.breakdown.",
        "bfloat16": "It gives different results: training.mixed_precision.",
        "larger batches": "They make different steps: training.batch_size and training.time_to_loss.",
        "Adam": "optim.adam_step has the cost of its step.",
        "set_to_none": "optim.zero_grad has it, including the effect on backward.",
        "channels_last": "Without convolutions the layout does not matter: training.mixed_precision has it.",
    },
)
