"""DL-04: the largest feature of each point as a one-hot row, for a hundred and a hundred thousand points."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

FEATURES = 10


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (count, 10), uniform on the simplex, in float64."""
    import torch

    x = torch.rand(case.shape["count"], FEATURES, generator=generator, dtype=torch.float64)
    x = -x.clamp_min(1e-300).log()
    return (x / x.sum(dim=1, keepdim=True),)


def reference(case: Case, x: Any) -> Any:
    """1 where no number of the row is larger, 0 elsewhere."""
    return (x[:, :, None] >= x[:, None, :]).all(dim=2).long()


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """Integers must be equal."""
    return 0.0


def flops(case: Case) -> int:
    """A comparison for each number."""
    return int(case.shape["count"]) * FEATURES


def bytes(case: Case) -> int:
    """Eight bytes read and eight written for each number."""
    return 16 * int(case.shape["count"]) * FEATURES


COMPONENT = Component(
    name="dataload.labels",
    title="The largest feature as a one-hot row",
    question="What is the cheapest way to mark the largest number of each row?",
    rows=("DL-04",),
    cases=tuple(Case(f"{count}x10", {"count": count}, "int64", "points", count) for count in (100, 100_000)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="numpy_equal",
)
