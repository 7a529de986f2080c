"""TB-04 and the figures of TB-07: feature maps as one image."""

from __future__ import annotations

from typing import Any

from benchmarks.components.tblog import _events as log
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``maps`` (n, 1, side, side), smooth and half of them 0, as feature maps are after ReLU."""
    side = case.shape["side"]
    return (log.smooth((case.shape["n"], 1, side, side), generator),)


def canonical(case: Case, output: Any) -> Any:
    """The pixels of the single image, (height, width), uint8."""
    (entry,) = log.events(output).Images("maps")
    pixels = log.decoded(entry.encoded_image_string)
    if (entry.height, entry.width) != tuple(pixels.shape):
        raise ValueError(f"the entry says {entry.height} x {entry.width}, the picture is {tuple(pixels.shape)}")
    return pixels


def reference(case: Case, maps: Any) -> Any:
    """``floor(255 x)``, the maps side by side, eight to a row."""
    import torch

    pixels = (maps[:, 0].double() * 255).floor().to(torch.uint8)
    return torch.cat([torch.cat(list(row), 1) for row in pixels.split(8)])


def pixels(case: Case) -> int:
    """How many pixels the image has."""
    return int(case.shape["n"]) * int(case.shape["side"]) ** 2


def flops(case: Case) -> int:
    """One product for each pixel."""
    return pixels(case)


def bytes(case: Case) -> int:
    """Each pixel read as four bytes and written as at most three, depending on the image."""
    return 7 * pixels(case)


COMPONENT = Component(
    name="tblog.images",
    title="Feature maps in a log",
    question="Which part of logging an image is expensive: the grid, the PNG, or the checksum?",
    rows=("TB-04", "TB-07"),
    cases=(
        Case("8x28x28", {"n": 8, "side": 28}, series="maps of 28x28", size=8),
        Case("64x28x28", {"n": 64, "side": 28}, series="maps of 28x28", size=64),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=log.exact,
    flops=flops,
    bytes=bytes,
    baseline="make_grid",
    devices=("cpu",),
    canonical=canonical,
    work={
        "uncompressed": "Writes all bytes of the image.",
        "fast_png": "Writes more bytes.",
        "records_compiled": "Has no writer thread.",
    },
    left_out={"video": "It needs moviepy, which this suite does not install."},
)
