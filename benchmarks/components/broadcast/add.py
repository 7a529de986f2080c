"""BC-01: a matrix plus a column, from the source's 2 x 2 to 2048 x 2048."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``a`` (n, n) and ``b`` (n, 1)."""
    import torch

    n = case.shape["n"]
    return torch.randn(n, n, generator=generator), torch.randn(n, 1, generator=generator)


def reference(case: Case, a: Any, b: Any) -> Any:
    """The sums in float64, exact except for the last bits."""
    return a.double() + b.double()


def tolerance(case: Case, expected: Any, a: Any, b: Any) -> Any:
    """One rounding: half a unit in the last place, and a little more for the reference's own rounding."""
    return 2.0**-24 * (1 + 2.0**-20) * expected.abs()


def square(n: int, *only: str) -> Case:
    """``n`` x ``n`` plus ``n`` x 1."""
    return Case(f"{n}x{n}", {"n": n}, series="square", size=n, only=only)


COMPONENT = Component(
    name="broadcast.add",
    title="A matrix plus a column",
    question="What does it cost, in time and memory, to copy an operand until the shapes are equal?",
    rows=("BC-01",),
    cases=(*(square(n, "repeat", "broadcast") for n in (2, 64, 512)), square(2048)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=lambda case: int(case.shape["n"]) ** 2,
    bytes=lambda case: 4 * int(case.shape["n"]) * (2 * int(case.shape["n"]) + 1),
    baseline="repeat",
    work={"repeat": "Writes one copy of the column for every column of the matrix, and reads them again."},
    left_out={
        "expand_as().contiguous(), tile": "the same copy as repeat under other names",
        "broadcast_to, numpy": "the same view as expand; numpy has the same rule",
        "addmm with a row of ones": "a matrix product in place of an addition",
        "torch.compile": "one operator leaves nothing to fuse",
        "4096x4096": "64 MB instead of 16, with the same time per element",
    },
)
