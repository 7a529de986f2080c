"""TN-02, TN-04: a Python loop over the elements of a tensor, by index, by iterator and over a list."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n,), normal."""
    import torch

    return (torch.randn(case.shape["n"], generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """The sum in float64."""
    return x.double().sum()


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """The sum in float64 is rounded to float32 for the comparison: ``2^-24`` of it, plus ``n 2^-53`` of its terms."""
    return 2.0**-24 * expected.abs() + len(x) * 2.0**-53 * x.double().abs().sum()


def canonical(case: Case, output: Any) -> Any:
    """The number as a float32 tensor; anything else unchanged."""
    import torch

    return torch.tensor(output) if type(output) is float else output


def flops(case: Case) -> int:
    """One addition for each element."""
    return int(case.shape["n"])


def bytes(case: Case) -> int:
    """Each element read once."""
    return 4 * int(case.shape["n"])


COMPONENT = Component(
    name="tensors.elements",
    title="The elements of a tensor, one by one in Python",
    question="If a Python loop needs single numbers, how should it get them?",
    rows=("TN-02", "TN-04"),
    cases=(Case("1000", {"n": 1000}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="index_item",
    devices=("cpu",),
    canonical=canonical,
    work={"vectorised": "Has no Python loop."},
    left_out={
        "the elements of a CUDA tensor": "Each item waits for the device: see timing.synchronising.",
    },
)
