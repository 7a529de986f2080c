"""IM-04: the source's chain of augmentations on 64 small images and on one, with the random choices as inputs."""

from __future__ import annotations

from typing import Any

from benchmarks import pictures
from benchmarks.components.images import _normal
from perfsuite.model.component import Case, Component, Inputs

SIDE = 18


def inputs(case: Case, generator: Any) -> Inputs:
    """``images`` (length, 28, 28) in uint8, FashionMNIST's or drawings, and which of them are inverted."""
    import torch

    images = pictures.grey("FashionMNIST", case.size, generator)
    return images, torch.rand(case.size, generator=generator) < 0.5


def reference(case: Case, images: Any, inverted: Any) -> Any:
    """Crop, invert and normalise in float64."""
    middle = images[:, None, 5:23, 5:23].double()
    middle[inverted] = 255 - middle[inverted]
    return _normal.normal(middle)


def tolerance(case: Case, expected: Any, images: Any, inverted: Any) -> Any:
    """As for any normalised image: an inverted byte is a byte."""
    return _normal.bound(expected)


def flops(case: Case) -> int:
    """A product and a sum for each remaining pixel."""
    return 2 * case.size * SIDE * SIDE


def bytes(case: Case) -> int:
    """Each remaining pixel is read as one byte and written as four."""
    return case.size * SIDE * SIDE * (1 + 4)


COMPONENT = Component(
    name="images.crop_invert",
    title="Crop, jitter, inversion, ToTensor, Normalize",
    question="What does the source's chain cost, how much of it is a step without effect, and what do batches save?",
    rows=("IM-04",),
    cases=tuple(Case(f"{n}x28x28", {}, series="images", size=n) for n in (64, 1)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="source",
    accepts={"bf16 arithmetic": "The inputs are integers up to 255, which bfloat16 represents exactly."},
    work={
        "source": "Includes a step that changes nothing.",
        "transforms_v2": "Crops a tensor after converting the whole image.",
    },
    left_out={
        "a jitter that does something": "`images.jitter` has it.",
        "TorchScript": "It is deprecated, and the source does not name it.",
    },
)
