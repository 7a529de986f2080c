"""A copy of forty kilobytes and of four megabytes: nothing but memory, and where it lies."""

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
    """A copy is exact."""
    return 0.0


def flops(case: Case) -> int:
    """None."""
    return 0


def bytes(case: Case) -> int:
    """Each element read once and written once."""
    return 8 * int(case.shape["n"])


COMPONENT = Component(
    name="noise.copying",
    title="A copy of a tensor",
    question="How small a slowdown of a copy can be seen?",
    rows=(),
    cases=tuple(Case(str(n), {"n": n}, series="n", size=n) for n in (10_000, 1_000_000)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="clone",
    accepts={"copy of an input": "A copy is the task."},
)
