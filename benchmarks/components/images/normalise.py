"""IM-03: ToTensor and Normalize on 32 and 512 small images; the full 60000 on request."""

from __future__ import annotations

from typing import Any

from benchmarks import pictures
from benchmarks.components.images import _normal
from perfsuite.model.component import Case, Component, Inputs

PIXELS = 28 * 28


def inputs(case: Case, generator: Any) -> Inputs:
    """``images`` (length, 28, 28) in uint8: FashionMNIST's or drawings, drawn with replacement."""
    return (pictures.grey("FashionMNIST", case.size, generator),)


def reference(case: Case, images: Any) -> Any:
    """The formula in float64."""
    return _normal.normal(images).unsqueeze(1)


def tolerance(case: Case, expected: Any, images: Any) -> Any:
    """As for any normalised image."""
    return _normal.bound(expected)


def flops(case: Case) -> int:
    """A product and a sum for each pixel."""
    return 2 * case.size * PIXELS


def bytes(case: Case) -> int:
    """Each pixel read as one byte and written as four."""
    return case.size * PIXELS * (1 + 4)


def grey(length: int, **more: Any) -> Case:
    """``length`` images."""
    return Case(f"{length}x28x28", {}, series="images", size=length, **more)


COMPONENT = Component(
    name="images.normalise",
    title="ToTensor and Normalize",
    question="What does it cost to normalise images one by one, and how much is left with whole batches?",
    rows=("IM-03",),
    cases=(
        grey(32, compiled=()),
        grey(512),
        grey(60_000, compiled=(), opt_in="188 MB of output; 2 s for the transforms", memory=1_500_000_000),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="transforms_v1",
    compiled=("batch", "scaled"),
    accepts={"bf16 arithmetic": "The inputs are integers up to 255, which bfloat16 represents exactly."},
    work={
        "transforms_v1": "Makes an image object for each image, as the data set class does.",
        "transforms_v2": "Makes an image object for each image, as the data set class does.",
    },
)
