"""OP-01, the same fit in closed form: least squares for a parabola, by decompositions and by an optimizer."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n,), uniform in [-10, 10], and ``y = 5 x^2 + 3`` with noise and coefficients that vary with the seed.

    Without noise a fit through half of the points would be right.
    """
    import torch

    x = 20 * torch.rand(case.shape["n"], generator=generator) - 10
    a, b, c = torch.tensor([5.0, 0.0, 3.0]) + 0.5 * torch.randn(3, generator=generator)
    return x, a * x * x + b * x + c + 10 * torch.randn(x.shape, generator=generator)


def reference(case: Case, x: Any, y: Any) -> Any:
    """Least squares in float64."""
    import torch

    x, y = x.double(), y.double()
    features = torch.stack([x * x, x, torch.ones_like(x)], 1)
    return torch.linalg.lstsq(features, y.unsqueeze(1), driver="gelsd").solution.squeeze(1)


def tolerance(case: Case, expected: Any, x: Any, y: Any) -> Any:
    """The features' condition number is about 100, ``y`` is about 500: the constant is off by ``8e-6`` times that.

    The coefficient of ``x^2`` is a hundred times as accurate, that of ``x`` ten times.
    """
    import torch

    return 8e-6 * y.double().abs().max() * torch.tensor([0.01, 0.1, 1.0], dtype=torch.float64)


def flops(case: Case) -> int:
    """The normal equations: products of three features with each other and with ``y``."""
    return 2 * int(case.shape["n"]) * (6 + 3)


def bytes(case: Case) -> int:
    """Points read once, three numbers written."""
    return 8 * int(case.shape["n"]) + 12


COMPONENT = Component(
    name="optim.polyfit",
    title="A parabola by least squares",
    question="What does the fit for which the source needs a thousand steps of Adam cost in closed form?",
    rows=("OP-01",),
    cases=tuple(Case(str(n), {"n": n}, series="points", size=n) for n in (100, 10_000, 100_000)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="lstsq",
    version="2",  # points with noise
    work={
        "lbfgs": "Iterates, with about twenty evaluations of the loss and its gradient.",
        "numpy_polyfit": "Computes in float64.",
        "normal_equations": "Adds up in float64.",
    },
    left_out={
        "SGD": "With features of this scale it diverges for every useful step size, as a test shows.",
        "vmap over restarts": "A convex fit has one minimum: restarts are pointless.",
    },
)
