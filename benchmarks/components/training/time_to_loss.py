"""TR-09: the time until a network has learned, by the size of the batch."""

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
    """``(loss, accuracy, shares)``: ``shares[i, j]`` of the digits ``i`` are said to be of class ``j``.

    The accuracy is counted as if the class most often said of a digit were its own; ``shares`` shows whether it is.
    """
    import torch

    loss, said = answer
    if said.shape != (CLASSES * ASKED,):
        raise ValueError(f"classes of shape {tuple(said.shape)}")
    shares = torch.nn.functional.one_hot(said.reshape(CLASSES, ASKED), CLASSES).float().mean(1)
    return loss, shares.max(1).values.mean(), shares


def reference(case: Case, x: Any, y: Any, held_out: Any, start: Any) -> Any:
    """What training ends with: a loss not far below the target, nearly all digits told apart."""
    import torch

    classes = nearest(x, y, held_out).reshape(CLASSES, ASKED).mode(1).values
    shares = torch.nn.functional.one_hot(classes, CLASSES).double()
    return torch.tensor(0.85 * TARGET, dtype=torch.float64), torch.tensor(0.95, dtype=torch.float64), shares


def nearest(x: Any, y: Any, asked: Any) -> Any:
    """The class of the nearest of all samples: right for some 98 % of the digits."""
    import torch

    return y[torch.cdist(asked.double(), x.double()).argmin(1)]


def tolerance(case: Case, expected: Any, x: Any, y: Any, held_out: Any, start: Any) -> Any:
    """The loss of all samples lies within 0.3 of that, the accuracy between 0.9 and 1.

    The loss that ends the training is that of an epoch, in which the parameters moved. Of each digit at least two
    thirds are told apart: the hardest, 8, is taken for others most often.
    """
    return 0.3 * TARGET, 0.05, 1 / 3


def flops(case: Case) -> int:
    """One epoch's, and the questions at the end: how many epochs it takes is what is asked."""
    samples = 1437
    questions = 2 * (samples + CLASSES * ASKED) * (64 * 64 + 64 * 10)
    return _network.products(SIZES, samples) + questions


def bytes(case: Case) -> int:
    """Images and labels read once, parameters read once, the classes written."""
    return 1437 * (4 * 64 + 8) + CLASSES * ASKED * (4 * 64 + 8) + 4 * _network.numbers(SIZES) + 4


COMPONENT = Component(
    name="training.time_to_loss",
    title="Time until a network has learned",
    question="Larger batches go through more samples a second. Do they also learn sooner?",
    rows=("TR-09",),
    cases=(Case("digits", {}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="batch_32",
    canonical=canonical,
    accepts={"bf16 arithmetic": "A network learns from rounded parameters too, and the digits are whole sixteenths."},
    left_out={
        "smaller batches": "At 8 the calls alone take half a second; what one costs is in training.batch_size.",
        "a rate sought for each seed": "The rates are fixed, each the largest of a few that was safe for twelve seeds.",
        "warm-up of the rate": "It lets large batches bear longer steps; it is another recipe.",
    },
)
