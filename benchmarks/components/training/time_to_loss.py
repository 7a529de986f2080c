"""TR-09: the time until a network has learned, by batch size."""

from __future__ import annotations

from typing import Any

from benchmarks.components.training import _digits, _network
from perfsuite.model.component import Case, Component, Inputs

SIZES, TARGET, CLASSES, ASKED = (64, 64, 10), 0.12, 10, 36


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (1437, 64) and ``y`` (1437,), real digits; ``held_out`` (360, 64), the others; ``start``.

    Classes have other numbers for each seed, and 36 of each are held out, in the order of the digits they show: what
    was learned for one seed is wrong for the next.
    """
    import torch

    x, y, asked, _ = _digits.split(generator)
    numbers = torch.randperm(CLASSES, generator=generator)
    return x.flatten(1), numbers[y], asked.flatten(1), _network.start(SIZES, generator)


def canonical(case: Case, answer: Any) -> Any:
    """``(loss, accuracy, shares)``: a share ``shares[i, j]`` of the digits ``i`` is predicted as class ``j``.

    The accuracy counts the most frequent prediction for a digit as correct; ``shares`` shows whether it is.
    """
    import torch

    loss, said = answer
    if said.shape != (CLASSES * ASKED,):
        raise ValueError(f"classes of shape {tuple(said.shape)}")
    shares = torch.nn.functional.one_hot(said.reshape(CLASSES, ASKED), CLASSES).float().mean(1)
    return loss, shares.max(1).values.mean(), shares


def reference(case: Case, x: Any, y: Any, held_out: Any, start: Any) -> Any:
    """The state at the end of training: a loss not far below the target, with nearly all digits classified."""
    import torch

    classes = nearest(x, y, held_out).reshape(CLASSES, ASKED).mode(1).values
    shares = torch.nn.functional.one_hot(classes, CLASSES).double()
    return torch.tensor(0.85 * TARGET, dtype=torch.float64), torch.tensor(0.95, dtype=torch.float64), shares


def nearest(x: Any, y: Any, asked: Any) -> Any:
    """The class of the nearest of all samples: correct for about 98 % of the digits."""
    import torch

    return y[torch.cdist(asked.double(), x.double()).argmin(1)]


def tolerance(case: Case, expected: Any, x: Any, y: Any, held_out: Any, start: Any) -> Any:
    """The loss over all samples is within 0.3 of that, the accuracy between 0.9 and 1.

    The loss that ends the training is the mean over an epoch in which the parameters changed. At least two thirds of
    each digit are classified correctly; 8 is the hardest.
    """
    return 0.3 * TARGET, 0.05, 1 / 3


def flops(case: Case) -> int:
    """The work of one epoch and of the final predictions: the number of epochs is the question."""
    samples = 1437
    questions = 2 * (samples + CLASSES * ASKED) * (64 * 64 + 64 * 10)
    return _network.products(SIZES, samples) + questions


def bytes(case: Case) -> int:
    """Images and labels read once, parameters read once, the classes written."""
    return 1437 * (4 * 64 + 8) + CLASSES * ASKED * (4 * 64 + 8) + 4 * _network.numbers(SIZES) + 4


COMPONENT = Component(
    name="training.time_to_loss",
    title="Time until a network has learned",
    question="Larger batches process more samples per second. Do they also learn sooner?",
    rows=("TR-09",),
    cases=(Case("digits", {}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="batch_32",
    canonical=canonical,
    accepts={"bf16 arithmetic": "A network also learns with rounded parameters, and the digits are multiples of 1/16."},
    left_out={
        "smaller batches": "At 8 the calls alone take half a second; training.batch_size has the cost of one.",
        "a rate tuned for each seed": "The rates are fixed, each the largest of a few that worked for twelve seeds.",
        "warm-up of the rate": "It allows longer steps for large batches, but is a different recipe.",
    },
)
