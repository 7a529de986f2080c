"""TN-03: the cost of a transposed view lands in those who use it. From how many uses on is a copy cheaper?"""

from __future__ import annotations

from typing import Any

from benchmarks.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, n) and ``ys``, a list of as many matrices (n, n) as there are uses, normal."""
    import torch

    n = case.shape["n"]
    return torch.randn(n, n, generator=generator), [
        torch.randn(n, n, generator=generator) for _ in range(case.shape["uses"])
    ]


def reference(case: Case, x: Any, ys: Any) -> Any:
    """The sums in float64."""
    return [x.double().T + y.double() for y in ys]


def tolerance(case: Case, expected: Any, x: Any, ys: Any) -> Any:
    """One rounding: ``2^-24`` of each sum."""
    return [2.0**-24 * each.abs() for each in expected]


def flops(case: Case) -> int:
    """One addition for each element of each sum."""
    return int(case.shape["uses"]) * int(case.shape["n"]) ** 2


def bytes(case: Case) -> int:
    """``x`` and each ``y`` read once, each sum written once."""
    return 4 * (1 + 2 * int(case.shape["uses"])) * int(case.shape["n"]) ** 2


def used(uses: int, n: int = 1024, **more: Any) -> Case:
    """``n`` x ``n``, used so many times."""
    return Case(f"{n}x{n}-{uses}", {"n": n, "uses": uses}, **more)


COMPONENT = Component(
    name="tensors.permuted",
    title="A transposed matrix, used",
    question="A transposed view costs nothing until it is used. From how many uses on is it cheaper to copy it?",
    rows=("TN-03",),
    cases=(
        *(used(uses, series="uses of 1024x1024", size=uses) for uses in (1, 2, 4, 8)),
        used(1, 64),
        used(1, 4096, opt_in="0.2 GB", memory=2_000_000_000),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="view",
    work={"copied": "Writes the transposed matrix out first."},
    left_out={
        "x.T, transpose, permute, einsum": "The same view by other names: tensors.channels_last.",
        "a product with the view": "The BLAS takes a transposed matrix as it is: matmul, backprop.weight_gradient.",
        "arange(12).view(3, 4).permute(1, 0)": "Twelve numbers show the order, not the cost: a test prints them.",
    },
)
