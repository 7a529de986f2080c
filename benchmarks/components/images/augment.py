"""IM-05: four random crops of a photograph of 427 x 640 pixels, augmented as for ImageNet, at 224 and 64 pixels."""

from __future__ import annotations

import math
from typing import Any

from benchmarks import pictures
from benchmarks.components.images._resized import resized
from perfsuite.model.component import Case, Component, Inputs

COUNT = 4
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def inputs(case: Case, generator: Any) -> Inputs:
    """One of two photographs (427, 640, 3) in uint8, four boxes, which of them are mirrored, and the side.

    As RandomResizedCrop draws them: from 8 to 100 % of the area, from 3:4 to 4:3, drawn again where it does not fit.
    """
    import torch

    photo = pictures.photographs()[int(torch.randint(2, (), generator=generator))].clone()
    boxes: list[list[int]] = []
    while len(boxes) < COUNT:
        area, shape, down, right = torch.rand(4, generator=generator).tolist()
        size, ratio = (0.08 + 0.92 * area) * photo.shape[0] * photo.shape[1], (3 / 4) ** (1 - 2 * shape)
        height, width = round(math.sqrt(size / ratio)), round(math.sqrt(size * ratio))
        if height <= photo.shape[0] and width <= photo.shape[1]:
            top, left = (
                int(share * (room + 1))
                for share, room in ((down, photo.shape[0] - height), (right, photo.shape[1] - width))
            )
            boxes.append([top, left, height, width])
    return photo, torch.tensor(boxes), torch.rand(COUNT, generator=generator) < 0.5, case.size


def reference(case: Case, photo: Any, boxes: Any, mirrored: Any, side: int) -> Any:
    """Each step in float64."""
    import torch

    planes = photo.permute(2, 0, 1).double()
    mean, std = (torch.tensor(values, dtype=torch.float64).view(3, 1, 1) for values in (MEAN, STD))
    made = []
    for (top, left, height, width), mirror in zip(boxes.tolist(), mirrored.tolist(), strict=True):
        image = resized(planes[:, top : top + height, left : left + width], side, side)
        made.append(((image.flip(-1) if mirror else image) / 255 - mean) / std)
    return torch.stack(made)


def tolerance(case: Case, expected: Any, photo: Any, boxes: Any, mirrored: Any, side: int) -> Any:
    """Two levels of 255, over the smallest standard deviation: filters on bytes round after rows and after columns."""
    return 2 / 255 / min(STD)


def flops(case: Case) -> int:
    """A weighted sum along each axis and normalisation, about 20 operations for each output number.

    The number of input pixels under one depends on the box; this is for a box of average size, at 224 pixels.
    """
    return 20 * 3 * COUNT * case.size**2


def bytes(case: Case) -> int:
    """A box covers half of the photograph on average and is read as bytes; the output is written in float32."""
    return COUNT * 3 * (427 * 640 // 2 + 4 * case.size**2)


COMPONENT = Component(
    name="images.augment",
    title="Augmentation as for ImageNet",
    question="In which order and dtype are a crop, a resize, a flip and normalisation cheapest?",
    rows=("IM-05",),
    cases=tuple(Case(f"{COUNT}x{side}", {}, series="side", size=side) for side in (224, 64)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="pil",
    accepts={
        "bf16 arithmetic": "The inputs are integers up to 255, which bfloat16 represents exactly.",
    },
    left_out={
        "decoding": "`dataload.directory` has it: about 0.5 ms for a photograph of 128 pixels.",
        "other filters": "`images.resize` has them.",
        "one grid for the batch": "`grid_sample` reads four pixels per position at any scale: a different result.",
    },
)
