"""MD-04: a line as a module, for the source's hundred numbers."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n,), ``a`` and ``b`` ()."""
    import torch

    x = torch.randn(case.shape["n"], generator=generator)
    a, b = torch.randn(2, generator=generator)
    return x, a.clone(), b.clone()


def reference(case: Case, x: Any, a: Any, b: Any) -> Any:
    """The result in float64."""
    return a.double() * x.double() + b.double()


def tolerance(case: Case, expected: Any, x: Any, a: Any, b: Any) -> Any:
    """Two roundings: ``2^-23 (|a x| + |b|)``."""
    return 2.0**-23 * ((a * x).abs() + b.abs())


def flops(case: Case) -> int:
    """A product and a sum."""
    return 2 * int(case.shape["n"])


def bytes(case: Case) -> int:
    """Each number read once and written once."""
    return 8 * int(case.shape["n"])


COMPONENT = Component(
    name="models.line",
    title="A line as a model",
    question="What does it cost to write a x + b as a module, and to compute it with a layer of one weight?",
    rows=("MD-04",),
    cases=(Case("100", {"n": 100}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="function",
    compiled=("function",),
    graphed=("function",),
    left_out={
        "Sequential(64, 32, 10)": "models.call_path has this model, the other one of the row.",
        "more numbers": "From about ten thousand numbers, arithmetic dominates.",
    },
)
