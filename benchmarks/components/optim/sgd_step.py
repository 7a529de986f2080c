"""OP-03: one step of SGD with momentum, for a network's parameters and for many tiny ones."""

from __future__ import annotations

from typing import Any

from benchmarks.components.optim._parameters import CASES, UNIT, drawn, numbers
from perfsuite.model.component import Case, Component, Inputs

RATE, MOMENTUM = 0.01, 0.9


def inputs(case: Case, generator: Any) -> Inputs:
    """Parameters, gradients and momenta: three lists of normal tensors."""
    return tuple(drawn(case, generator) for _ in range(3))


def reference(case: Case, parameters: Any, gradients: Any, momenta: Any) -> Any:
    """``m = 0.9 m + g`` and ``p = p - 0.01 m`` in float64."""
    new = [MOMENTUM * m.double() + g.double() for m, g in zip(momenta, gradients, strict=True)]
    return [p.double() - RATE * m for p, m in zip(parameters, new, strict=True)], new


def tolerance(case: Case, expected: Any, parameters: Any, gradients: Any, momenta: Any) -> Any:
    """Two roundings of the momentum and one of 0.9; one of the parameter, and a hundredth for the step."""
    held = [
        4 * UNIT * (MOMENTUM * m.double().abs() + g.double().abs()) for m, g in zip(momenta, gradients, strict=True)
    ]
    moved = [
        2 * UNIT * (p.double().abs() + RATE * m.abs()) + RATE * h
        for p, m, h in zip(parameters, expected[1], held, strict=True)
    ]
    return moved, held


def flops(case: Case) -> int:
    """Two products and two additions for each number."""
    return 4 * numbers(case)


def bytes(case: Case) -> int:
    """Parameter, gradient and momentum read once, parameter and momentum written once."""
    return 5 * 4 * numbers(case)


COMPONENT = Component(
    name="optim.sgd_step",
    title="A step of SGD with momentum",
    question="How much of an optimizer's step is arithmetic, and what do the foreach and fused implementations save?",
    rows=("OP-03",),
    cases=CASES,
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="loop",
    work={"flat": "Copies the gradients into one block first."},
    left_out={
        "66 million parameters": "264 MB for each of four lists; from the network's size, a step is memory traffic.",
        "torch.compile of the step": "It takes half a minute to compile and ends in the kernels of `fused`.",
    },
)
