"""TN-03: the cost of a transposed view is paid by the operators that use it. From what size is a copy cheaper?"""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, n) and ``ys``, a list of as many matrices (n, n) as there are uses, normal."""
    import torch

    x, *ys = torch.randn(1 + case.shape["uses"], case.shape["n"], case.shape["n"], generator=generator)
    return x.clone(), [y.clone() for y in ys]


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


def once(n: int, **more: Any) -> Case:
    """``n`` x ``n``, used once."""
    return Case(f"{n}x{n}-1", {"n": n, "uses": 1}, series="used once", size=n, **more)


COMPONENT = Component(
    name="tensors.permuted",
    title="Use of a transposed matrix",
    question="A transposed view costs nothing until it is used. From what size is it cheaper to copy it first?",
    rows=("TN-03",),
    cases=(
        *(once(n) for n in (64, 128, 256, 1024)),
        once(4096, opt_in="0.2 GB", memory=2_000_000_000),
        Case("64x64-8", {"n": 64, "uses": 8}),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="view",
    work={"copied": "First writes the transposed matrix to memory."},
    left_out={
        "x.T, transpose, permute, einsum": "The same view under other names: tensors.channels_last.",
        "a product with the view": "The BLAS accepts a transposed matrix directly: matmul, backprop.weight_gradient.",
        "arange(12).view(3, 4).permute(1, 0)": "Twelve numbers show the order, not the cost: a test has them.",
    },
)
