"""Saving and loading a tensor through memory: Python, zip records and copies."""

from __future__ import annotations

from typing import Any

from benchmarks.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n,), normal."""
    import torch

    return (torch.randn(case.shape["n"], generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """The same values."""
    return x.double()


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """A round trip is exact."""
    return 0.0


def flops(case: Case) -> int:
    """None."""
    return 0


def bytes(case: Case) -> int:
    """Each element read once and written once."""
    return 8 * int(case.shape["n"])


COMPONENT = Component(
    name="noise.save_load",
    title="A tensor saved and loaded",
    question="How small a slowdown of saving and loading can be seen?",
    rows=(),
    cases=(Case("100000", {"n": 100_000}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="in_memory",
    accepts={"copy of an input": "A round trip ends in a copy."},
)
