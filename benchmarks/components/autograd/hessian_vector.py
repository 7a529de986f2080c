"""AG-03: the Hessian of Rosenbrock's function times a vector, without the matrix and with it."""

from __future__ import annotations

from typing import Any

from benchmarks.components.autograd import _rosenbrock as rosenbrock
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` and ``v`` (n,)."""
    import torch

    return tuple(torch.randn(case.shape["n"], generator=generator) for _ in range(2))


def reference(case: Case, x: Any, v: Any) -> Any:
    """The closed form in float64."""
    return rosenbrock.times(*rosenbrock.hessian(x.double()), v.double())


def tolerance(case: Case, expected: Any, x: Any, v: Any) -> Any:
    """Sixteen roundings of the absolute values of all terms."""
    terms = rosenbrock.hessian(x.double(), magnitude=True)
    return 16 * rosenbrock.UNIT * rosenbrock.times(*terms, v.double().abs())


def flops(case: Case) -> int:
    """The three diagonals, and their products with the vector."""
    return 12 * int(case.shape["n"])


def bytes(case: Case) -> int:
    """Both read once, the product written once."""
    return 3 * 4 * int(case.shape["n"])


COMPONENT = Component(
    name="autograd.hessian_vector",
    title="Hessian times a vector",
    question="If the Hessian is only multiplied by a vector, what does it cost to compute the whole matrix?",
    rows=("AG-03",),
    cases=(
        Case("256", {"n": 256}),
        Case("100000", {"n": 100000}, only=("forward_over_reverse", "double_backward")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="double_backward",
    work={"whole_hessian": "Computes the n x n matrix."},
    left_out={
        "functional.vhp": "double_backward plus checks and copies.",
        "the closed form": "autograd.hessian compares with the closed form.",
    },
)
