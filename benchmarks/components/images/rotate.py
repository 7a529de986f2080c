"""IM-06: images rotated by up to 30 degrees: 64 small grey ones and one, and 4 crops of photographs."""

from __future__ import annotations

from typing import Any

from benchmarks import pictures
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``images`` (count, channels, side, side) in uint8, black outside a circle, and ``angles`` (count,) in degrees.

    What is black at the edge stays there, so it does not matter what a library thinks lies beyond it.
    """
    import torch

    count, channels, side = (case.shape[name] for name in ("count", "channels", "side"))
    if channels == 1:
        images = pictures.grey("FashionMNIST", count, generator).unsqueeze(1)
    else:
        photo = pictures.photographs()[int(torch.randint(2, (), generator=generator))].permute(2, 0, 1)
        corners = [
            [int(torch.randint(room - side + 1, (), generator=generator)) for room in (427, 640)] for _ in range(count)
        ]
        images = torch.stack([photo[:, top : top + side, left : left + side] for top, left in corners])
    images[..., ~circle(side)] = 0
    return images, 60 * torch.rand(count, generator=generator) - 30


def circle(side: int) -> Any:
    """Which pixels lie at least two pixels inside the largest circle: (side, side)."""
    import torch

    apart = torch.arange(side) - (side - 1) / 2
    return apart[:, None] ** 2 + apart**2 < (side / 2 - 2) ** 2


def reference(case: Case, images: Any, angles: Any) -> Any:
    """The weighted mean of the four pixels around each position, in float64; outside the image is black."""
    import torch

    side = images.shape[-1]
    radians = angles.double().deg2rad()[:, None, None]
    apart = torch.arange(side, dtype=torch.float64) - (side - 1) / 2
    x = radians.cos() * apart - radians.sin() * apart[:, None] + (side - 1) / 2
    y = radians.sin() * apart + radians.cos() * apart[:, None] + (side - 1) / 2
    edged = torch.nn.functional.pad(images.double(), (1, 1, 1, 1))
    number = torch.arange(len(images))[:, None, None]
    turned = torch.zeros_like(images, dtype=torch.float64)
    for down in (0, 1):
        for right in (0, 1):
            row, column = y.floor() + down, x.floor() + right
            weight = (1 - (y - row).abs()) * (1 - (x - column).abs())
            at = [(place.long() + 1).clamp(0, side + 1) for place in (row, column)]
            turned += weight[:, None] * edged[number, :, at[0], at[1]].movedim(-1, 1)
    return turned


def tolerance(case: Case, expected: Any, images: Any, angles: Any) -> Any:
    """One level of 255, because PIL truncates, and a tenth, because positions are off by about ``2^-24 side``."""
    return 1.1


def flops(case: Case) -> int:
    """Two coordinates of four operations each, and for each channel four products and three sums."""
    return _pixels(case) * (8 + 7 * int(case.shape["channels"]))


def bytes(case: Case) -> int:
    """Each pixel read and written once."""
    return 2 * _pixels(case) * int(case.shape["channels"])


def _pixels(case: Case) -> int:
    return int(case.shape["count"]) * int(case.shape["side"]) ** 2


def turned(count: int, channels: int, side: int) -> Case:
    """``count`` images; the small grey ones form the series."""
    shape = {"count": count, "channels": channels, "side": side}
    series, size = ("grey images", count) if channels == 1 else ("", 0)
    return Case(f"{count}x{channels}x{side}x{side}", shape, "uint8", series, size)


COMPONENT = Component(
    name="images.rotate",
    title="Rotated images",
    question="What does it cost to rotate images one by one, and from what size does a grid for the batch pay off?",
    rows=("IM-06",),
    cases=(turned(64, 1, 28), turned(1, 1, 28), turned(4, 3, 224)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="pil",
    left_out={
        "nearest, the transform's default": "Positions halfway between two pixels round either way: results differ.",
        "cropping and colour": "`images.crop_invert`, `images.augment` and `images.jitter` have them.",
    },
)
