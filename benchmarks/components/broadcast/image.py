"""BC-04: a picture of 256 x 256 times three factors, channels last and channels first."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``pixels`` (height, width, 3), the same as ``planes`` (3, height, width), and ``factors`` (3,)."""
    import torch

    pixels = torch.randn(case.shape["height"], case.shape["width"], 3, generator=generator)
    return pixels, pixels.permute(2, 0, 1).contiguous(), torch.randn(3, generator=generator)


def reference(case: Case, pixels: Any, planes: Any, factors: Any) -> Any:
    """The products in float64, where each is exact, channels last."""
    return pixels.double() * factors.double()


def tolerance(case: Case, expected: Any, pixels: Any, planes: Any, factors: Any) -> Any:
    """One rounding: half a unit in the last place."""
    return 2.0**-24 * expected.abs()


def channels_last(case: Case, output: Any) -> Any:
    """Planes as a view in the order of ``pixels``."""
    return output.permute(1, 2, 0) if output.shape[:1] == (3,) else output


COMPONENT = Component(
    name="broadcast.image",
    title="A picture times a factor for each channel",
    question="The same numbers in two orders: does a short last axis keep the processor from its vectors?",
    rows=("BC-04",),
    cases=(Case("256x256x3", {"height": 256, "width": 256}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    canonical=channels_last,
    flops=lambda case: 3 * int(case.shape["height"] * case.shape["width"]),
    bytes=lambda case: 4 * (6 * int(case.shape["height"] * case.shape["width"]) + 3),
    baseline="interleaved",
    compiled=("interleaved",),
    work={"planar": "Is given the channels one after the other, and leaves its answer so."},
    left_out={
        "channels_last": "planes in name, pixels in memory: interleaved",
        "a table of 256 values for uint8": "another input and another answer",
        "a batch of 64": "50 MB: memory sets the time of every layout",
        "numpy": "the same rule for shapes and the same short inner loop",
    },
)
