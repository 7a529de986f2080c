"""LY-02: the convolutions of LeNet, one with 64 filters, and one small enough for loops."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (batch, channels, height, width), the padding in it, and ``filters`` (out, channels, a, a), both normal."""
    import torch

    return (
        torch.randn(*case.shape["x"], generator=generator),
        torch.randn(*case.shape["filters"], generator=generator),
    )


def reference(case: Case, x: Any, filters: Any) -> Any:
    """The library's convolution in float64; a test compares it with loops."""
    import torch

    return torch.nn.functional.conv2d(x.double(), filters.double())


def tolerance(case: Case, expected: Any, x: Any, filters: Any) -> Any:
    """Rounding of ``n`` products: ``8 sqrt(n) 2^-24 sqrt(sum x^2 f^2)``; a Fourier transform is also within it."""
    import torch

    squares = torch.nn.functional.conv2d(x.double() ** 2, filters.double() ** 2)
    return 8 * filters[0].numel() ** 0.5 * 2.0**-24 * squares.sqrt()


def places(case: Case) -> int:
    """How many output numbers there are for each filter."""
    batch, _, high, wide = case.shape["x"]
    a, b = case.shape["filters"][2:]
    return int(batch * (high - a + 1) * (wide - b + 1))


def flops(case: Case) -> int:
    """A product and a sum for each output number and each weight of its filter."""
    count, channels, a, b = case.shape["filters"]
    return 2 * places(case) * int(count * channels * a * b)


def bytes(case: Case) -> int:
    """Images and filters read once, the output written once."""
    batch, channels, high, wide = case.shape["x"]
    count, _, a, b = case.shape["filters"]
    return 4 * int(batch * channels * high * wide + count * channels * a * b) + 4 * places(case) * int(count)


COMPONENT = Component(
    name="layers.convolution",
    title="Convolution",
    question="How close do convolutions written as matrix products come to the library's call?",
    rows=("LY-02",),
    cases=(
        Case(
            "32x1x28x28-6",
            {"x": (32, 1, 32, 32), "filters": (6, 1, 5, 5)},
            only=("shifts", "strided", "fft", "unfold", "conv2d"),
        ),
        Case(
            "1x3x56x56-64",
            {"x": (1, 3, 58, 58), "filters": (64, 3, 3, 3)},
            only=("unfold", "channels_last", "conv2d"),
        ),
        Case("1x1x6x6-1", {"x": (1, 1, 6, 6), "filters": (1, 1, 3, 3)}, only=("loops", "conv2d")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="unfold",
    graphed=("conv2d",),
    work={
        "fft": "Transforms images and filters; its arithmetic differs from the declared one.",
        "channels_last": "Copies images and filters into that layout in each call.",
    },
    left_out={
        "LeNet's second layer": "The same comparison as for the first layer, at a different size.",
        "depthwise and grouped filters": "Different problems.",
        "oneDNN off, cudnn.benchmark": "They are process-wide settings.",
        "bfloat16": "It only adds the rounding of its inputs.",
        "torch.compile": "It calls the same library.",
    },
)
