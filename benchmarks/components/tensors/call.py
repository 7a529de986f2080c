"""TN-06: the cost of a call that computes nothing, on two rows of three numbers."""

from __future__ import annotations

from typing import Any

from benchmarks.components._exact import exact, nothing
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (2, 3), uniform in [0, 1)."""
    import torch

    return (torch.rand(2, 3, generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """The same numbers."""
    return x.double()


COMPONENT = Component(
    name="tensors.call",
    title="A call that computes nothing",
    question="What do the smallest operator, a view, an attribute and Python itself cost?",
    rows=("TN-06",),
    cases=(Case("2x3", {}),),
    inputs=inputs,
    reference=reference,
    tolerance=exact,
    flops=nothing,
    bytes=nothing,
    baseline="nothing",
    aliases="A call that computes nothing may return its input.",
    graphed=("add",),
    accepts={"copy of an input": "The input is the result."},
    work={
        "clone": "Makes a tensor and copies into it.",
        "add": "Makes a tensor and adds.",
        "add_in_place": "Adds.",
        "numpy": "Makes an array and a tensor over the same memory.",
        "empty": "Makes a tensor without elements.",
        "view": "Makes a tensor over the same memory.",
        "detach": "Makes a tensor over the same memory.",
    },
    left_out={
        "operators per second": "The inverse of the figures here.",
        "one operator after another": "smallops.many_small has the time by number of operators.",
    },
)
