"""LS-06: the same exact operation on normal numbers and on denormal ones."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n,), normal, times the case's scale; 1e-40 puts all of it below the least ordinary number, 1.2e-38."""
    import torch

    return ((torch.randn(case.shape["n"], generator=generator).double() * case.shape["scale"]).float(),)


def reference(case: Case, x: Any) -> Any:
    """Twice ``x`` in float64."""
    return 2 * x.double()


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """Doubling is exact."""
    return 0.0


def flops(case: Case) -> int:
    """One for each element."""
    return int(case.shape["n"])


def bytes(case: Case) -> int:
    """Every element read once and written once."""
    return 8 * int(case.shape["n"])


COMPONENT = Component(
    name="losses.denormals",
    title="Denormal numbers",
    question="How much slower is an operator on denormal numbers, and does this affect all operators?",
    rows=("LS-06",),
    cases=(
        Case("ordinary", {"n": 100_000, "scale": 1.0}),
        Case("denormal", {"n": 100_000, "scale": 1e-40}),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="multiply",
    left_out={
        "through float64": "As fast for these numbers as for others, but six times slower than adding.",
        "set_flush_denormal": "A process-wide setting, under which the result is 0.",
        "bfloat16, float16": "Their limits are a question of values, not time: the tests check them.",
    },
)
