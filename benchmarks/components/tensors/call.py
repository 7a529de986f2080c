"""TN-06: the cost of a call that computes nothing, for two rows of three numbers."""

from __future__ import annotations

from typing import Any

from benchmarks.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (2, 3), uniform in [0, 1)."""
    import torch

    return (torch.rand(2, 3, generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """The same numbers."""
    return x.double()


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """Nothing is computed."""
    return 0.0


def flops(case: Case) -> int:
    """None."""
    return 0


def bytes(case: Case) -> int:
    """None."""
    return 0


COMPONENT = Component(
    name="tensors.call",
    title="A call that computes nothing",
    question="What does the smallest operator cost, what a view, what an attribute, and what Python itself?",
    rows=("TN-06",),
    cases=(Case("2x3", {}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="nothing",
    aliases="What computes nothing may hand back what it was given.",
    graphed=("add",),
    accepts={"copy of an input": "The input is the answer."},
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
        "one operator after another": "smallops.many_small has the line through their number.",
    },
)
