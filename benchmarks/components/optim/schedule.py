"""OP-05: the cost of a learning-rate scheduler per epoch, or per step if it is called that often."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``rate``, about 0.001, in float64, and the number of epochs."""
    import torch

    return 0.001 * (1 + torch.rand((), generator=generator, dtype=torch.float64)), case.shape["epochs"]


def reference(case: Case, rate: Any, epochs: int) -> Any:
    """``rate * 0.1 ^ floor(epoch / 30)``."""
    import torch

    return rate * 0.1 ** (torch.arange(epochs, dtype=torch.float64) // 30)


def tolerance(case: Case, expected: Any, rate: Any, epochs: int) -> Any:
    """A few roundings in float64: a chain of factors and a power differ in the last digits."""
    return 16 * 2.0**-53 * expected


def flops(case: Case) -> int:
    """Almost none."""
    return 0


def bytes(case: Case) -> int:
    """One number written for each epoch."""
    return 8 * int(case.shape["epochs"])


COMPONENT = Component(
    name="optim.schedule",
    title="Learning-rate schedules",
    question="What does a scheduler's step cost, and does it matter when it is called for every batch?",
    rows=("OP-05",),
    cases=tuple(Case(str(n), {"epochs": n}, dtype="float64", series="epochs", size=n) for n in (100, 40, 1000)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="step_lr",
    devices=("cpu",),
    work={"never": "Has no scheduler, and its optimizer is created in advance."},
    left_out={
        "ExponentialLR, CosineAnnealingLR, OneCycleLR": "Other curves, so different results; the cost of their steps "
        "is the same bookkeeping.",
    },
)
