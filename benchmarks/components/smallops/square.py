"""RD-03, one of the operators: ways to compute a square, and which of them compute a power."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n,), normal."""
    import torch

    return (torch.randn(case.shape["n"], generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """The squares in float64."""
    return x.double() * x.double()


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """One rounding, and for a general power a few units in the last place: ``4 2^-24 x^2``."""
    return 4 * 2.0**-24 * expected


def flops(case: Case) -> int:
    """One multiplication for each element."""
    return int(case.shape["n"])


def bytes(case: Case) -> int:
    """Each element read once and written once."""
    return 8 * int(case.shape["n"])


COMPONENT = Component(
    name="smallops.square",
    title="Squares",
    question="Are x * x, x ** 2, pow and square the same kernel?",
    rows=("RD-03",),
    cases=tuple(Case(str(n), {"n": n}, series="n", size=n) for n in (10_000, 10, 1_000_000)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="operator",
    work={"power_of_tensor": "Makes a tensor of exponents and computes a general power for each element."},
)
