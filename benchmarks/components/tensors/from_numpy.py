"""TN-02: a float32 array as a tensor, copied or shared, for a hundred numbers and for a million."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``array`` (n,), normal, in float32."""
    import torch

    return (torch.randn(case.shape["n"], generator=generator).numpy(),)


def reference(case: Case, array: Any) -> Any:
    """The same numbers."""
    import torch

    return torch.from_numpy(array).double()


def tolerance(case: Case, expected: Any, array: Any) -> Any:
    """Nothing is computed: the numbers must be equal."""
    return 0.0


def flops(case: Case) -> int:
    """None."""
    return 0


def bytes(case: Case) -> int:
    """Zero: sharing reads nothing."""
    return 0


COPIES = "Copies the array."

COMPONENT = Component(
    name="tensors.from_numpy",
    title="An array as a tensor",
    question="Which ways of converting an array to a tensor copy it, and what does the copy cost?",
    rows=("TN-02",),
    cases=(
        Case(
            "1000000",
            {"n": 1_000_000},
            series="n",
            size=1_000_000,
            only=(
                *("tensor", "clone", "constructor", "from_dlpack", "frombuffer"),
                *("asarray", "as_tensor", "from_numpy"),
            ),
        ),
        Case("100", {"n": 100}, series="n", size=100, only=("through_list", "tensor", "from_numpy")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="tensor",
    aliases="A tensor may share the memory of the array, which is the point of this component.",
    devices=("cpu",),
    accepts={"copy of an input": "The task is a tensor with the same numbers."},
    work={"through_list": "Copies the array through Python numbers.", "tensor": COPIES, "clone": COPIES},
    left_out={
        "asarray(copy=True)": "It makes the same copy as `clone`, in one call.",
        "arrays with gaps, backwards or read-only": "Tests show what happens to them: shared, refused, shared with a "
        "warning.",
        "tensor to array": "The same memory in the other direction; tests check both.",
    },
)
