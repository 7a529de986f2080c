"""TN-03: channels moved to the end, as a view and as a copy, for a small image and for eight photos."""

from __future__ import annotations

from math import prod
from typing import Any

from perfsuite.model.component import Case, Component, Inputs

AXES = ("images", "channels", "height", "width")


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (images, channels, height, width), normal."""
    import torch

    return (torch.randn([case.shape[axis] for axis in AXES], generator=generator),)


def reference(case: Case, x: Any) -> Any:
    """The same numbers, by numpy's transpose."""
    import torch

    return torch.from_numpy(x.numpy().transpose(0, 2, 3, 1).copy()).double()


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """Nothing is computed."""
    return 0.0


def flops(case: Case) -> int:
    """None."""
    return 0


def bytes(case: Case) -> int:
    """Zero for a view, which reads nothing. A copy reads and writes each element once."""
    return 0


def images(*shape: int, only: tuple[str, ...] = ()) -> Case:
    """So many images of one shape."""
    return Case(
        "x".join(map(str, shape)), dict(zip(AXES, shape, strict=True)), series="numbers", size=prod(shape), only=only
    )


COPIES = "Copies: each number is read and written."

COMPONENT = Component(
    name="tensors.channels_last",
    title="Channels moved to the end",
    question="What does it cost to reorder only the dimensions, and what to reorder the numbers in memory?",
    rows=("TN-03",),
    cases=(
        images(8, 3, 224, 224, only=("contiguous", "memory_format", "numpy", "permute")),
        images(1, 3, 32, 32, only=("einsum", "movedim", "as_strided", "permute")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="permute",
    aliases="The permuted tensor is a view; the component compares it with a copy.",
    work={"contiguous": COPIES, "memory_format": COPIES, "numpy": COPIES},
    left_out={
        "32x3x224x224": "Four times as many photos of the same size; the time of a copy is linear in their number.",
        "clone(memory_format=...), reshape": "If something must be copied, they call the same kernel.",
        "convolutions in both layouts": "The layout pays off in convolutions: see the family layers.",
    },
)
