"""BC-04: a 256 x 256 image times three factors, channels last and channels first."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``pixels`` (height, width, 3), the same as ``planes`` (3, height, width), and ``factors`` (3,)."""
    import torch

    pixels = torch.randn(case.shape["height"], case.shape["width"], 3, generator=generator)
    return pixels, pixels.permute(2, 0, 1).contiguous(), torch.randn(3, generator=generator)


def reference(case: Case, pixels: Any, planes: Any, factors: Any) -> Any:
    """The products in float64, all exact, channels last."""
    return pixels.double() * factors.double()


def tolerance(case: Case, expected: Any, pixels: Any, planes: Any, factors: Any) -> Any:
    """One rounding: half a unit in the last place."""
    return 2.0**-24 * expected.abs()


def channels_last(case: Case, output: Any) -> Any:
    """The output, transposed to the order of ``pixels`` if it has the order of ``planes``."""
    return output.permute(1, 2, 0) if output.shape[:1] == (3,) else output


COMPONENT = Component(
    name="broadcast.image",
    title="An image times a factor for each channel",
    question="The same numbers in two orders: does a short last axis prevent vectorisation?",
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
    work={"planar": "Gets planar channels, and returns its result in that layout."},
    left_out={
        "channels_last": "planes by shape, but interleaved in memory",
        "a table of 256 values for uint8": "a different input and a different result",
        "a batch of 64": "50 MB: memory bandwidth decides the time of every layout",
        "numpy": "the same broadcasting rule and the same short inner loop",
    },
)
