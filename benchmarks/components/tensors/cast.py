"""TN-02: a million int64 as a float32 tensor, for which a copy is unavoidable."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``array`` (n,) in int64, below 2^20: float32 holds such numbers exactly."""
    import torch

    return (torch.randint(-(2**20), 2**20, (case.shape["n"],), generator=generator).numpy(),)


def reference(case: Case, array: Any) -> Any:
    """The same numbers in float64."""
    import torch

    return torch.from_numpy(array).double()


def tolerance(case: Case, expected: Any, array: Any) -> Any:
    """Exact."""
    return 0.0


def flops(case: Case) -> int:
    """Zero: a conversion is not arithmetic."""
    return 0


def bytes(case: Case) -> int:
    """Eight bytes read and four written for each number."""
    return 12 * int(case.shape["n"])


COMPONENT = Component(
    name="tensors.cast",
    title="An array as a tensor of another dtype",
    question="If the dtype changes, all variants copy. Which of them copy twice?",
    rows=("TN-02",),
    cases=(Case("1000000", {"n": 1_000_000}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="from_numpy",
    devices=("cpu",),
    accepts={"bf16 arithmetic": "The inputs are integers: there is nothing to round."},
    work={
        "tensor_float": "Copies once more, in int64.",
        "into": "Writes into a preallocated tensor.",
    },
    left_out={"float64": "Half as many conversions for each byte read; the number of passes is the same."},
)
