"""IM-05: a photograph resized from 427 x 427 to 224 x 224 pixels, with each filter."""

from __future__ import annotations

from typing import Any

from benchmarks import pictures
from benchmarks.components.images._resized import resized
from perfsuite.model.component import Case, Component, Inputs

OLD, NEW = 427, 224
FLOPS = {"nearest": 0, "bilinear": 4, "bicubic": 8}  # for each output number, times the scale


def inputs(case: Case, generator: Any) -> Inputs:
    """``image`` (427, 427, 3) in uint8, cut out of one of two photographs; and the filter's name."""
    import torch

    which, left = (int(torch.randint(top, (), generator=generator)) for top in (2, 640 - OLD + 1))
    return pictures.photographs()[which, :, left : left + OLD].clone(), case.name


def reference(case: Case, image: Any, mode: str) -> Any:
    """The filter in float64, clamped to 0 and 255."""
    return resized(image.permute(2, 0, 1).double(), NEW, NEW, mode).clamp(0, 255)


def tolerance(case: Case, expected: Any, image: Any, mode: str) -> Any:
    """Two levels of 255; zero for ``nearest``, which only selects pixels.

    Integer filters round after the rows and after the columns. Bicubic ones may also clamp to 0 and 255 between the
    two: at most a tenth of the clamped amount reaches the result, which adds three levels.
    """
    return {"nearest": 0.0, "bilinear": 2.0, "bicubic": 5.0}[mode]


def flops(case: Case) -> int:
    """A product and a sum for each weight: first along every row of the input, then along the columns."""
    return round(3 * FLOPS[case.name] * OLD / NEW * (OLD * NEW + NEW * NEW))


def bytes(case: Case) -> int:
    """Each input pixel read once, each output pixel written once; ``nearest`` reads only the pixels that it uses."""
    return 3 * ((NEW if case.name == "nearest" else OLD) ** 2 + NEW**2)


COMPONENT = Component(
    name="images.resize",
    title="A photograph resized",
    question="Which library resizes a photograph fastest, and what does the filter cost?",
    rows=("IM-05",),
    cases=tuple(Case(mode, {}, "uint8") for mode in ("bilinear", "bicubic", "nearest")),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="pil",
    work={"tensor_planes": "Copies the image to planar layout."},
    left_out={
        "antialias=False": "A different result: it reads four pixels however much the image shrinks. A test shows it.",
        "Pillow-SIMD": "It replaces Pillow in an environment; the variant `pil` times whichever is installed.",
        "the published 12.9, 7.8 and 0.09 ms": "The source does not say for which image size.",
    },
)
