"""LY-03: batch norm with given statistics, on a batch of small images and on one large image."""

from __future__ import annotations

from typing import Any

from benchmarks.components.layers import _norm
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x``, and for each channel ``mean``, ``variance`` (1 to 2), ``gamma`` and ``beta``."""
    x, mean, variance, gamma, beta = (
        _norm.images(case, generator),
        *(_norm.channels(case, generator) for _ in range(4)),
    )
    return x, mean, 1 + variance.abs().clamp_max(1), gamma, beta


def reference(case: Case, x: Any, mean: Any, variance: Any, gamma: Any, beta: Any) -> Any:
    """The formula in float64."""
    mean, variance, gamma, beta = (each.double()[:, None, None] for each in (mean, variance, gamma, beta))
    return gamma * (x.double() - mean) / (variance + 1e-5).sqrt() + beta


def tolerance(case: Case, expected: Any, x: Any, mean: Any, variance: Any, gamma: Any, beta: Any) -> Any:
    """The bound of both batch norms; the mean is at most a few standard deviations."""
    return _norm.bound(expected, gamma * (1 + mean.abs()), beta)


def flops(case: Case) -> int:
    """A product and a sum for each element."""
    return 2 * _norm.elements(case)


def bytes(case: Case) -> int:
    """The images read once and written once, four numbers read for each channel."""
    return 8 * _norm.elements(case) + 16 * int(case.shape["x"][1])


COMPONENT = Component(
    name="layers.batch_norm_eval",
    title="Batch norm, evaluation",
    question="What is left of batch norm if its statistics are known, and which variants combine a channel's numbers?",
    rows=("LY-03",),
    cases=_norm.cases(),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="written_out",
    graphed=("batch_norm",),
    left_out={"folding into a convolution": "Then nothing is left to time; a test checks that it is correct."},
)
