"""LY-03: batch norm in training, on a batch of small images and on one large image."""

from __future__ import annotations

from typing import Any

from benchmarks.components.layers import _norm
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (batch, channels, height, width), ``gamma`` and ``beta`` (channels,)."""
    return _norm.images(case, generator), *(_norm.channels(case, generator) for _ in range(2))


def reference(case: Case, x: Any, gamma: Any, beta: Any) -> Any:
    """The formula in float64."""
    x, gamma, beta = x.double(), gamma.double()[:, None, None], beta.double()[:, None, None]
    moved = x - x.mean((0, 2, 3), keepdim=True)
    return gamma * moved / (moved.square().mean((0, 2, 3), keepdim=True) + 1e-5).sqrt() + beta


def tolerance(case: Case, expected: Any, x: Any, gamma: Any, beta: Any) -> Any:
    """The bound of both batch norms."""
    return _norm.bound(expected, gamma, beta)


def flops(case: Case) -> int:
    """Sum, difference, square and its sum, product and shift: six for each element."""
    return 6 * _norm.elements(case)


def bytes(case: Case) -> int:
    """The images read once and written once. The second read is not counted, because they may fit in a cache."""
    return 8 * _norm.elements(case) + 8 * int(case.shape["x"][1])


COMPONENT = Component(
    name="layers.batch_norm",
    title="Batch norm, training",
    question="How many times does the formula read the batch, and how much of that does the library save?",
    rows=("LY-03",),
    cases=_norm.cases(),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="written_out",
    compiled=("written_out",),
    graphed=("batch_norm",),
    left_out={
        "running statistics": "A few numbers per channel, changed in place; inputs must not change.",
        "channels_last": "Only convolutions benefit from that layout.",
        "SyncBatchNorm": "It needs several devices.",
    },
)
