"""MD-08: initialising the weights of the lesson's layer, and of one fifty times as large."""

from __future__ import annotations

import math
from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``w`` (inputs, outputs), normal: its numbers are not asked for, and have another spread than is wanted."""
    import torch

    return (torch.randn(case.shape["inputs"], case.shape["outputs"], generator=generator),)


def canonical(case: Case, output: Any) -> Any:
    """Mean, standard deviation and the largest absolute value, in the output's own dtype."""
    import torch

    if output.shape != (case.shape["inputs"], case.shape["outputs"]):
        raise ValueError(f"shape {tuple(output.shape)}")
    numbers = output.double()
    return torch.stack([numbers.mean(), numbers.std(), numbers.abs().amax()]).to(output.dtype)


def deviation(case: Case) -> float:
    """The required standard deviation."""
    return math.sqrt(2 / int(case.shape["inputs"]))


def reference(case: Case, w: Any) -> Any:
    """Mean 0 and the deviation. The largest value is 0 here, and its tolerance is the limit."""
    import torch

    return torch.tensor([0.0, deviation(case), 0.0], dtype=torch.float64)


def tolerance(case: Case, expected: Any, w: Any) -> Any:
    """Six standard errors of the mean and deviation of that many normal numbers; seven deviations for the largest."""
    import torch

    n = w.numel()
    return deviation(case) * torch.tensor([6 / math.sqrt(n), 6 / math.sqrt(2 * n), 7.0], dtype=torch.float64)


def flops(case: Case) -> int:
    """No arithmetic is required."""
    return 0


def bytes(case: Case) -> int:
    """Each weight written once."""
    return 4 * int(case.shape["inputs"] * case.shape["outputs"])


def layer(rows: int, columns: int, **more: Any) -> Case:
    """Weights (inputs, outputs)."""
    size = rows * columns
    return Case(f"{rows}x{columns}", {"inputs": rows, "outputs": columns}, series="weights", size=size, **more)


COMPONENT = Component(
    name="models.initialise",
    title="Random initial weights",
    question="What do the initialisations cost that preserve the spread through a ReLU?",
    rows=("MD-08",),
    cases=(
        layer(784, 50),
        layer(2048, 1024, only=("randn_scaled", "kaiming_normal", "kaiming_uniform")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="kaiming_normal",
    canonical=canonical,
    accepts={
        "off by one": "Random numbers in a different order are still random numbers.",
        "cached output": "Random numbers do not depend on the input.",
        "bf16 arithmetic": "The numbers of the input are not used.",
    },
    work={"orthogonal": "Decomposes a matrix."},
    left_out={
        "xavier, a = sqrt(5)": "The same random numbers with other deviations; facts of every run check their effect.",
        "66 million parameters": "Thirty times the larger case.",
        "what the initialisation does to the next layer": "This is not a question of time: see the tests and facts.",
    },
)
