"""AG-03: the Hessian of Rosenbrock's function of 2 to 128 variables."""

from __future__ import annotations

from typing import Any

from benchmarks.components.autograd import _rosenbrock as rosenbrock
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n,)."""
    import torch

    return (torch.randn(case.shape["n"], generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """The closed form in float64."""
    return rosenbrock.dense(*rosenbrock.hessian(x.double()))


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """Sixteen roundings of the terms' absolute values. Off the three diagonals there are no terms, only zeros."""
    return 16 * rosenbrock.UNIT * rosenbrock.dense(*rosenbrock.hessian(x.double(), magnitude=True))


def flops(case: Case) -> int:
    """Six operations for each diagonal element, one for each next to it: what the closed form needs."""
    return 7 * int(case.shape["n"])


def bytes(case: Case) -> int:
    """The numbers read once, the whole matrix written once."""
    n = int(case.shape["n"])
    return 4 * (n + n * n)


def numbers(n: int, **more: Any) -> Case:
    """``n`` numbers."""
    return Case(str(n), {"n": n}, series="numbers", size=n, **more)


COMPONENT = Component(
    name="autograd.hessian",
    title="Hessian",
    question="What does it cost to differentiate a gradient, and how does the cost grow with the number of variables?",
    rows=("AG-03",),
    cases=(
        numbers(32),
        numbers(2, only=("row_by_row", "batched")),
        numbers(128, only=("row_by_row", "forward_over_reverse", "batched")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="row_by_row",
    graphed=("written_out",),
    work={"written_out": "Computes only the three diagonals; the others also compute the zeros."},
    left_out={
        "x^3 at 2": "A scalar function: its derivatives, 12 and 12, are in the tests.",
        "a loss of a perceptron": "A different function with the same operators; its Hessian is too large to write.",
        "finite differences": "In float32 a second difference has no correct digits at these scales.",
        "torch.compile": "It would compile the backward of a backward for each n.",
        "functional.hessian(vectorize=True)": "The same rows as is_grads_batched, plus the checks of functional.",
    },
)
