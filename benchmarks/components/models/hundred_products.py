"""MD-09: a hundred products with the same matrix of 512 x 512, for one column and for 128."""

from __future__ import annotations

import math
from typing import Any

from perfsuite.model.component import Case, Component, Inputs

TIMES = 100
UNIT = 2.0**-24


def inputs(case: Case, generator: Any) -> Inputs:
    """``a`` (side, side), orthogonal, and ``x`` (side, columns), normal.

    The lesson's normal matrix, divided by sqrt(side), keeps the size on average only: after a hundred products it may
    be ten times larger or smaller, and the rounding errors with it.
    """
    import torch

    side = case.shape["side"]
    a, _ = torch.linalg.qr(torch.randn(side, side, generator=generator))
    return a.contiguous(), torch.randn(side, case.shape["columns"], generator=generator)


def reference(case: Case, a: Any, x: Any) -> Any:
    """One product after the other in float64."""
    a, x = a.double(), x.double()
    for _ in range(TIMES):
        x = a @ x
    return x


def tolerance(case: Case, expected: Any, a: Any, x: Any) -> Any:
    """``8 u sqrt(side) sqrt(100)`` of a column's root mean square, u = 2^-24.

    Each product rounds sums of ``side`` terms whose squares add up to the column's mean square. An orthogonal matrix
    preserves that and the size of earlier errors, and a hundred of them add up like a random walk.
    """
    size = expected.square().mean(dim=0).sqrt()
    return (8 * UNIT * math.sqrt(len(a) * TIMES) * size).expand_as(expected)


def flops(case: Case) -> int:
    """A hundred products with the columns, or six squarings and three such products, whichever is less."""
    side, columns = int(case.shape["side"]), int(case.shape["columns"])
    each = 2 * side * side * columns
    return min(TIMES * each, 6 * 2 * side**3 + 3 * each)


def bytes(case: Case) -> int:
    """Matrix and columns read once, the result written once."""
    side, columns = int(case.shape["side"]), int(case.shape["columns"])
    return 4 * (side * side + 2 * side * columns)


def columns(count: int, **more: Any) -> Case:
    """``count`` columns."""
    return Case(f"512x{count}", {"side": 512, "columns": count}, series="columns", size=count, **more)


COMPONENT = Component(
    name="models.hundred_products",
    title="A hundred products in a row",
    question="A deep stack of the same layer: what is the fastest way to compute it, and when does squaring pay off?",
    rows=("MD-09",),
    cases=(
        columns(1, only=("squaring", "numpy", "loop", "vector")),
        columns(128, only=("matrix_power", "squaring", "loop")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="loop",
    graphed=("loop",),
    left_out={
        "normal matrices": "Unscaled they end in nan, times 0.01 in 0, which tests and facts of every run check.",
        "a fresh matrix for each product": "It would time the random numbers: see models.initialise.",
    },
)
