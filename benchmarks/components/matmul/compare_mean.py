"""MM-05: the share of the elements for which a comparison holds."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``a`` and ``b`` (n) of normal numbers, ``b`` moved by up to 1: with other inputs the share is another."""
    import torch

    a, b = torch.randn(2, case.shape["n"], generator=generator)
    return a, b + 2 * torch.rand((), generator=generator) - 1


def reference(case: Case, a: Any, b: Any) -> Any:
    """The share in float64."""
    return (a < b).double().mean()


def tolerance(case: Case, expected: Any, a: Any, b: Any) -> Any:
    """Two roundings of float32: the count is exact below 2^24."""
    return expected * 2.0**-23


def flops(case: Case) -> int:
    """One comparison and one addition for each pair."""
    return 2 * int(case.shape["n"])


def bytes(case: Case) -> int:
    """Both vectors read once, one number written."""
    return 4 * (2 * int(case.shape["n"]) + 1)


def pairs(n: int) -> Case:
    """``n`` pairs of numbers."""
    return Case(str(n), {"n": n}, series="pairs", size=n)


COMPONENT = Component(
    name="matmul.compare_mean",
    title="How often is a < b?",
    question="The accuracy of a classifier is computed like this. What do the mask and the casts cost?",
    rows=("MM-05",),
    cases=(pairs(1000), pairs(1_000_000)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="as_float",
    accepts={
        "half arithmetic": "Rounding two numbers to float16 seldom changes which of them is smaller.",
        "bf16 arithmetic": "It changes one or two of 1000 pairs, in either direction: the share may not change.",
    },
    compiled=("as_float",),
)
