"""LY-07: ReLU in five variants, from 64 rows of fifty to 50000."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

CLAIM = ("mask", "clamp_min")


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (rows, 50), normal."""
    import torch

    return (torch.randn(case.shape["rows"], 50, generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """The result in float64."""
    return x.double().clamp_min(0)


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """Nothing is rounded: doubling and halving are exact."""
    return 0.0


def flops(case: Case) -> int:
    """One comparison for each element."""
    return 50 * int(case.shape["rows"])


def bytes(case: Case) -> int:
    """Every element read once and written once."""
    return 8 * 50 * int(case.shape["rows"])


def rows(count: int, **more: Any) -> Case:
    """``count`` rows of fifty."""
    return Case(f"{count}x50", {"rows": count}, series="rows of 50", size=count, **more)


COMPONENT = Component(
    name="layers.relu",
    title="Relu",
    question="Is one C function always faster than a combination of operators?",
    rows=("LY-07",),
    cases=(
        rows(10_000),
        *(rows(count, only=CLAIM, compiled=()) for count in (64, 1000, 50_000)),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="half_sum",
    compiled=("half_sum",),
    graphed=("half_sum", "relu"),
    left_out={
        "maximum, threshold": "Single functions like clamp_min, and just as fast.",
        "relu_ in place": "It would need a copy in each call, and the copy would dominate the time.",
        "clamp_min(0) - 0.5": "The lesson's shifted ReLU: a different result, with one more operator in each variant.",
        "bias and relu fused": "layers.linear and the family models compile such chains.",
    },
)
