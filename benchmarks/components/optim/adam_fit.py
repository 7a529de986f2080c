"""OP-01: fitting a parabola by steps of Adam on new points, and how much of a step is arithmetic."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

POINTS = 100


def inputs(case: Case, generator: Any) -> Inputs:
    """``xs`` and ``ys`` (steps, 100), ``y = 5 x^2 + 3`` for x uniform in [-10, 10], and ``start`` (3,), normal.

    The points are made before the clock starts: the source makes them in every step.
    """
    import torch

    xs = 20 * torch.rand(case.shape["steps"], POINTS, generator=generator) - 10
    return xs, 5 * xs * xs + 3, torch.randn(3, generator=generator)


def reference(case: Case, xs: Any, ys: Any, start: Any) -> Any:
    """Adam in float64."""
    import torch

    w = start.double()
    mean, square = torch.zeros_like(w), torch.zeros_like(w)
    for step, (x, y) in enumerate(zip(xs.double(), ys.double(), strict=True), start=1):
        features = torch.stack([x * x, x, torch.ones_like(x)], 1)
        gradient = 2 * features.T @ (features @ w - y) / len(x)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient * gradient
        w = w - 0.1 * (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
    return w


def tolerance(case: Case, expected: Any, xs: Any, ys: Any, start: Any) -> Any:
    """A step is at most 0.1, with a relative error of about ``1e-6`` from the sums in its gradient: ``1e-7`` a step."""
    return 2e-6 + 1e-7 * len(xs)


def flops(case: Case) -> int:
    """For each point of each step: two features, their product with ``w``, and three sums."""
    return 14 * POINTS * int(case.shape["steps"])


def bytes(case: Case) -> int:
    """Points read once, three numbers read and written."""
    return 8 * POINTS * int(case.shape["steps"]) + 24


COMPONENT = Component(
    name="optim.adam_fit",
    title="A parabola by Adam",
    question="A step of this fit is a few hundred additions. What do autograd and the optimizer add?",
    rows=("OP-01",),
    cases=tuple(Case(str(n), {"steps": n}, series="steps", size=n) for n in (100, 10, 300)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="adam",
    work={
        "analytic": "Computes the gradient from a formula: no graph is made.",
        "features_first": "Computes the gradient from a formula, and sums over the points of all steps at once.",
        "numba": "Computes the gradient from a formula.",
    },
    left_out={
        "torch.compile of the step": "models and training measure it, with steps worth compiling.",
        "capturable": "It keeps the step count on the GPU for CUDA graphs; on the CPU it changes nothing.",
        "1000 steps": "The source's number takes 0.4 s per call here; the time is linear in the number of steps.",
    },
)
