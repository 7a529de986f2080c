"""A chain of elementwise operators: small, where overhead dominates, and large, where memory does."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n,), normal."""
    import torch

    return (torch.randn(case.shape["n"], generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """The chain in float64."""
    return (x.double() * 2 + 1).tanh() * x.double()


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """Four roundings and a tanh that is correct to a few units in the last place: ``16 (1 + |x|) 2^-24``."""
    return 16 * (1 + x.double().abs()) * 2.0**-24


def flops(case: Case) -> int:
    """Four operations for each element."""
    return 4 * int(case.shape["n"])


def bytes(case: Case) -> int:
    """``x`` read once, the result written once."""
    return 8 * int(case.shape["n"])


COMPONENT = Component(
    name="noise.elementwise",
    title="A chain of elementwise operators",
    question="How small a slowdown of a chain of elementwise operators can be detected, in cache and in memory?",
    rows=(),
    cases=tuple(Case(str(n), {"n": n}, series="n", size=n) for n in (1000, 1_000_000)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="chain",
)
