"""IM-04: brightness and contrast with factors between 0.5 and 1.5, for 64 small images and for one."""

from __future__ import annotations

from typing import Any

from benchmarks import pictures
from perfsuite.model.component import Case, Component, Inputs

PIXELS = 28 * 28


def inputs(case: Case, generator: Any) -> Inputs:
    """``images`` (length, 28, 28) in uint8, FashionMNIST's or drawings, and two factors for each.

    The factors keep away from 1, so that an image that was left alone is a wrong answer.
    """
    import torch

    factors = 0.2 + 0.3 * torch.rand(case.size, 2, generator=generator)
    sign = torch.randint(2, factors.shape, generator=generator) * 2 - 1
    return pictures.grey("FashionMNIST", case.size, generator), 1 + sign * factors


def reference(case: Case, images: Any, factors: Any) -> Any:
    """Both steps in float64, without rounding between them."""
    brightness, contrast = factors.double()[:, :, None, None].unbind(1)
    bright = (images * brightness).clamp(0, 255)
    mean = bright.mean(dim=(1, 2), keepdim=True)
    return ((bright - mean) * contrast + mean).clamp(0, 255)


def tolerance(case: Case, expected: Any, images: Any, factors: Any) -> Any:
    """Four levels of 255.

    The first step truncates a fraction, which then grows by a factor of at most 1.5; the mean is off by as much and is
    rounded itself; at the end another fraction is truncated.
    """
    return 4.0


def flops(case: Case) -> int:
    """Two products, two sums and the sum for the mean for each pixel."""
    return 5 * case.size * PIXELS


def bytes(case: Case) -> int:
    """Each pixel read and written as one byte, and the factors."""
    return case.size * (2 * PIXELS + 8)


COMPONENT = Component(
    name="images.jitter",
    title="Brightness and contrast",
    question="What does a colour jitter that changes something cost, image by image and on batches?",
    rows=("IM-04",),
    cases=tuple(Case(f"{n}x28x28", {}, "uint8", "images", n) for n in (64, 1)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="pil",
    work={"batch": "Rounds once, at the end."},
    left_out={"saturation and hue": "The images are grey."},
)
