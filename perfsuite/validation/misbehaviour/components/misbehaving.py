"""A component whose variants misbehave."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """Normally distributed values."""
    import torch

    return (torch.randn(case.shape["n"], generator=generator),)


def adding_one(name: str) -> Component:
    """The component ``name``, whose variants all add one unless something goes wrong."""
    return Component(
        name=name,
        title="Misbehaviour",
        question="What does a variant that misbehaves cost the others?",
        rows=("XX-01",),
        cases=(Case("64", {"n": 64}),),
        inputs=inputs,
        reference=lambda case, x: x.double() + 1,
        tolerance=lambda case, expected, x: 1e-6 * (1 + x.double().abs()),
        flops=lambda case: case.shape["n"],
        bytes=lambda case: 8 * case.shape["n"],
        baseline="good",
        devices=("cpu",),
    )


COMPONENT = adding_one("faults.misbehaving")
