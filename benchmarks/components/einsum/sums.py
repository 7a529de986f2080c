"""ES-08, ES-09, ES-10: sums over some or all axes, each with its formula."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.components.einsum._formulas import LARGE, cascade
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` of the case's shape, the formula, and the axes that it sums over."""
    import torch

    return torch.randn(case.shape["x"], generator=generator), case.shape["formula"], case.shape["axes"]


def reference(case: Case, x: Any, formula: str, axes: tuple[int, ...]) -> Any:
    """The sums in float64."""
    return x.double().sum(axes)


def tolerance(case: Case, expected: Any, x: Any, formula: str, axes: tuple[int, ...]) -> Any:
    """The bound of sums that are computed in blocks."""
    return cascade(x, axes)


def sums(case: Case) -> int:
    """How many sums there are."""
    whole = math.prod(map(int, case.shape["x"]))
    return whole // math.prod(int(case.shape["x"][axis]) for axis in case.shape["axes"])


def of(formula: str, *x: int, summed: int) -> Case:
    """A tensor of shape ``x``, summed over its last ``summed`` axes."""
    axes = tuple(range(len(x) - summed, len(x)))
    return Case("x".join(map(str, x)), {"x": x, "formula": formula, "axes": axes})


COMPONENT = Component(
    name="einsum.sums",
    title="Sums: ij->, ijk->i and ...ij->...i",
    question="As a formula, a sum calls the operator sum. Do the axes or the spelling of the formula matter?",
    rows=("ES-08", "ES-09", "ES-10"),
    cases=(
        of("ij->", LARGE, LARGE, summed=2),
        of("ijk->i", 64, 256, 256, summed=2),
        of("...ij->...i", 3, 4, 5, 6, summed=1),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=lambda case: math.prod(case.shape["x"]) - sums(case),
    bytes=lambda case: 4 * (math.prod(case.shape["x"]) + sums(case)),
    baseline="einsum",
    left_out={
        "np.sum": "numpy adds in a different order: smallops.row_sum has it",
        "mean": "no formula can divide: a mean is a sum and one more operator",
        "amax": "a different result; it reads memory as fast as a sum",
        "flatten(1).sum(1), x.view(-1).sum()": "one more view before the same sum",
    },
)
