"""OP-02: a line fitted by plain gradient descent, where a step is pure overhead."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

POINTS = 100


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` = 0, 0.01, ..., 0.99, ``y = 5 x + 3`` with noise from [0, 0.3), ``start`` (2,), and the number of steps.

    The noise has a mean of 0.15: the line that fits is ``5 x + 3.15``, not the one that the source expects.
    """
    import torch

    x = torch.arange(POINTS) / POINTS
    y = 5 * x + 3 + 0.3 * torch.rand(POINTS, generator=generator)
    return x, y, torch.randn(2, generator=generator), case.shape["steps"]


def reference(case: Case, x: Any, y: Any, start: Any, steps: int) -> Any:
    """Gradient descent in float64."""
    import torch

    x, y = x.double(), y.double()
    a, b = start.double()
    for _ in range(steps):
        slope = 2 * (a * x + b - y)
        a, b = a - 0.1 * (slope * x).mean(), b - 0.1 * slope.mean()
    return torch.stack([a, b])


def tolerance(case: Case, expected: Any, x: Any, y: Any, start: Any, steps: int) -> Any:
    """Each step rounds ``a`` and ``b``, about 5, and keeps 98.8 % of the earlier error: 160 roundings accumulate."""
    return 160 * 5 * 2.0**-24


def flops(case: Case) -> int:
    """Four sums over the points, two of them of products, hold all the data; a step needs no more than these."""
    return 6 * POINTS + 10 * int(case.shape["steps"])


def bytes(case: Case) -> int:
    """Points read once, two numbers read and written."""
    return 8 * POINTS + 16


COMPONENT = Component(
    name="optim.line_fit",
    title="A line by gradient descent",
    question="A step of this fit is 700 additions and products. How much of its time is that?",
    rows=("OP-02",),
    cases=tuple(Case(str(n), {"steps": n}, series="steps", size=n) for n in (100, 10, 400)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="net",
    work={
        "analytic": "Computes the derivatives from formulas: no graph is made.",
        "numpy": "Computes the derivatives from formulas.",
        "sums_first": "Sums over the points once instead of in each step.",
        "numba": "Computes the derivatives from formulas, and adds up in float64.",
    },
    left_out={
        "10,000 steps": "The source's number takes two seconds per call; the time is linear in the number of steps.",
        "lstsq": "A different result, to which descent converges: `optim.polyfit` has the closed forms.",
        "momentum": "A different path; optim.sgd_step has its cost.",
        "torch.compile, torch.jit": "models and training measure steps worth compiling.",
    },
)
