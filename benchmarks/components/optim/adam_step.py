"""OP-03: one step of Adam, for a network's parameters and for many tiny ones."""

from __future__ import annotations

from typing import Any

from benchmarks.components.optim._parameters import CASES, UNIT, drawn, numbers
from perfsuite.model.component import Case, Component, Inputs

RATE, BETA1, BETA2, STEP = 0.001, 0.9, 0.999, 10


def inputs(case: Case, generator: Any) -> Inputs:
    """Parameters, gradients, means and squares: four lists of normal tensors, the last squared."""
    parameters, gradients, means, roots = (drawn(case, generator) for _ in range(4))
    return parameters, gradients, means, [root.square() + 0.01 for root in roots]


def reference(case: Case, parameters: Any, gradients: Any, means: Any, squares: Any) -> Any:
    """The rule of Kingma and Ba in float64."""
    new = [BETA1 * m.double() + (1 - BETA1) * g.double() for m, g in zip(means, gradients, strict=True)]
    spread = [BETA2 * s.double() + (1 - BETA2) * g.double() ** 2 for s, g in zip(squares, gradients, strict=True)]
    moved = [
        p.double() - RATE * (m / (1 - BETA1**STEP)) / ((s / (1 - BETA2**STEP)).sqrt() + 1e-8)
        for p, m, s in zip(parameters, new, spread, strict=True)
    ]
    return moved, new, spread


def tolerance(case: Case, expected: Any, parameters: Any, gradients: Any, means: Any, squares: Any) -> Any:
    """Three roundings of mean and square, one of the parameter, and eight of its step, which is about 0.001.

    The fused GPU kernel stores the decay rates in float32, and so 1 minus them and minus their powers.
    """
    half = UNIT / 2
    held = [
        3 * UNIT * (BETA1 * m.double().abs() + 2 * (1 - BETA1) * g.double().abs()) + half * g.double().abs()
        for m, g in zip(means, gradients, strict=True)
    ]
    spread = [4 * UNIT * s + half * g.double() ** 2 for s, g in zip(expected[2], gradients, strict=True)]
    bias = STEP * half * (1 / (1 - BETA1**STEP) + 0.5 / (1 - BETA2**STEP))  # of both corrections, relative
    moved = []
    for p, m, s, h, e in zip(parameters, expected[1], expected[2], held, spread, strict=True):
        scale = RATE / (1 - BETA1**STEP) / (s / (1 - BETA2**STEP)).sqrt()
        moved.append(2 * UNIT * p.double().abs() + scale * ((8 * UNIT + bias + e / s / 2) * m.abs() + h))
    return moved, held, spread


def flops(case: Case) -> int:
    """Three operations for the mean, four for the square, five for the step."""
    return 12 * numbers(case)


def bytes(case: Case) -> int:
    """Four numbers read and three written for each parameter."""
    return 7 * 4 * numbers(case)


COMPONENT = Component(
    name="optim.adam_step",
    title="A step of Adam",
    question="Adam reads and writes seven numbers for each parameter. Which implementations need no more than that?",
    rows=("OP-03",),
    cases=CASES,
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="loop",
    left_out={
        "AdamW": "One more product for each number.",
        "Adafactor, Muon": "Different rules with different results.",
        "states in bfloat16": "A different result; it saves the memory of two of seven numbers.",
        "capturable": "It keeps the step count on the GPU for CUDA graphs.",
        "torch.compile of the step": "It takes half a minute to compile and ends in the kernels of `fused`.",
    },
)
