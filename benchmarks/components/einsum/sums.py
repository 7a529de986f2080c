"""ES-08, ES-09, ES-10: sums over some axes or all, each with its formula."""

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
    """That of sums in parts."""
    return cascade(x, axes)


def sums(case: Case) -> int:
    """How many there are."""
    whole = math.prod(map(int, case.shape["x"]))
    return whole // math.prod(int(case.shape["x"][axis]) for axis in case.shape["axes"])


def of(formula: str, *x: int, summed: int) -> Case:
    """A tensor of shape ``x``, its last ``summed`` axes summed over."""
    axes = tuple(range(len(x) - summed, len(x)))
    return Case("x".join(map(str, x)), {"x": x, "formula": formula, "axes": axes})


COMPONENT = Component(
    name="einsum.sums",
    title="Sums: ij->, ijk->i and ...ij->...i",
    question="A sum as a formula is the operator sum. Does it matter over which axes, or how one says so?",
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
        "np.sum": "numpy adds in its own way: smallops.row_sum has it",
        "mean": "no formula can divide: a mean is a sum and one operator more",
        "amax": "another answer; it is read from memory as fast as a sum",
        "flatten(1).sum(1), x.view(-1).sum()": "a view more before the same sum",
    },
)
