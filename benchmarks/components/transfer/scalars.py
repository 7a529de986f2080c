"""TX-02: reading single numbers from tensors, one by one or together."""

from __future__ import annotations

from typing import Any

from benchmarks.components.transfer import _arrays as arrays
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """A list of tensors of one number each."""
    import torch

    return ([torch.randn((), generator=generator) for _ in range(case.shape["n"])],)


def reference(case: Case, losses: Any) -> Any:
    """The numbers."""
    import torch

    return torch.stack(losses).double()


COMPONENT = Component(
    name="transfer.scalars",
    title="Numbers out of tensors",
    question="What does it cost a loop to read its loss in every step, and at the end?",
    rows=("TX-02",),
    cases=tuple(Case(str(n), {"n": n}, series="numbers", size=n) for n in (100, 1, 1000)),
    inputs=inputs,
    reference=reference,
    tolerance=arrays.exact,
    flops=arrays.nothing,
    bytes=arrays.moved,
    baseline="item_each",
    aliases="The second part of the result is an input, which tells on which device the numbers were.",
    canonical=arrays.came_back,
    left_out={
        "a copy to pinned memory that is read later": "It is like stack_then_cpu, with a different wait.",
    },
)
