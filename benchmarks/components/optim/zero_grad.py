"""OP-04: clearing gradients, with the following backward pass, which has to add or can assign."""

from __future__ import annotations

from typing import Any

from benchmarks.components._exact import exact
from benchmarks.components.optim._parameters import CASES, drawn, numbers
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``slopes``, a list of normal tensors."""
    return (drawn(case, generator),)


def reference(case: Case, slopes: Any) -> Any:
    """The slopes, which are the derivative of a product with them."""
    return [slope.double() for slope in slopes]


def flops(case: Case) -> int:
    """A product and an addition for each number in forward, a product in backward."""
    return 3 * numbers(case)


def bytes(case: Case) -> int:
    """Each slope read once, each gradient written once."""
    return 2 * 4 * numbers(case)


COMPONENT = Component(
    name="optim.zero_grad",
    title="Clearing gradients",
    question="Is it cheaper to clear the gradients or to free them, if the backward pass is included?",
    rows=("OP-04",),
    cases=CASES,
    inputs=inputs,
    reference=reference,
    tolerance=exact,
    flops=flops,
    bytes=bytes,
    baseline="zero_grad_fill",
    accepts={"copy of an input": "The gradient of a product is its other factor."},
    work={
        "fill": "Backward adds to the zeros: each gradient is read and written once more.",
        "zero_grad_fill": "Backward adds to the zeros: each gradient is read and written once more.",
        "flat": "Backward adds to the zeros: each gradient is read and written once more.",
    },
)
