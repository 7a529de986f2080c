"""TN-01: zeros that are used, from one page to 36 MB. A block above 32 MB is never kept for the next call."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

PAGE = 1024  # float32 in 4096 bytes


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (pages,), normal."""
    import torch

    return (torch.randn(case.shape["pages"], generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """Zeros in float64, and ``x`` at every 1024th place."""
    import torch

    return torch.nn.functional.pad(x.double().unsqueeze(1), (0, PAGE - 1)).flatten()


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """Exact."""
    return 0.0


def flops(case: Case) -> int:
    """None."""
    return 0


def bytes(case: Case) -> int:
    """Every zero written once, and each number of ``x`` read and written once."""
    return 4 * (PAGE + 2) * int(case.shape["pages"])


def pages(count: int, *only: str, **more: Any) -> Case:
    """``count`` pages of 1024 zeros."""
    return Case(str(count * PAGE), {"pages": count}, series="zeros", size=count * PAGE, only=only, **more)


COMPONENT = Component(
    name="tensors.zeros",
    title="Zeros that are used",
    question="What does a tensor of zeros cost once its memory is touched, and what does keeping one save?",
    rows=("TN-01",),
    cases=(
        pages(1),
        pages(1024, "numpy", "empty_zero", "zeros", "kept", "moved"),
        pages(9 * 1024, "zeros", "numpy", "kept", "moved"),
        pages(100_000, "numpy", "zeros", "kept", "moved", opt_in="0.4 GB", memory=5_000_000_000),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="zeros",
    graphed=("zeros",),
    work={
        "numpy": "Leaves the clearing of new pages to the system; it clears reused memory itself.",
        "kept": "Writes into preallocated memory.",
    },
    left_out={
        "empty, torch.Tensor(3, 2, 4)": "Uninitialised memory, not random values: a test shows its contents.",
        "ones, full, eye, linspace, arange": "Other numbers written into the same memory.",
        "zeros_like, new_zeros": "They take the shape of another tensor and are then the same as `zeros`.",
        "out=": "It is `kept` plus a check of the size.",
    },
)
