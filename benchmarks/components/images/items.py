"""IM-01: FashionMNIST through torchvision's class, 32 and 320 of its 60000 images in batches of 32.

The files are the user's own where ``TORCH_PERF_DATA`` names them, drawings in their shape otherwise.
"""

from __future__ import annotations

from typing import Any

from benchmarks import pictures
from benchmarks.components.dataload._epoch import joined, lengths
from benchmarks.components.images._normal import bound, normal
from perfsuite.model.component import Case, Component, Inputs

BATCH = 32
PIXELS = 28 * 28


def inputs(case: Case, generator: Any) -> Inputs:
    """The folder that holds the files, the numbers of the images that are wanted, and the batch size."""
    import torch

    return pictures.root("FashionMNIST"), torch.randperm(60_000, generator=generator)[: case.size].clone(), BATCH


def canonical(case: Case, batches: Any) -> Any:
    """``(lengths of the batches, images, labels)`` as they came."""
    return joined(batches, case.size)


def reference(case: Case, root: Any, wanted: Any, batch: int) -> Any:
    """The images out of their file, byte by byte, normalised in float64."""
    import numpy
    import torch

    raw = root / "FashionMNIST" / "raw"
    images = pictures.pixels(raw / "train-images-idx3-ubyte")[wanted.numpy()]
    labels = pictures.labels(raw / "train-labels-idx1-ubyte")[wanted.numpy()]
    x, y = torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels.astype(numpy.int64))
    return lengths(len(wanted), batch), normal(x), y


def tolerance(case: Case, expected: Any, root: Any, wanted: Any, batch: int) -> Any:
    """As of any normalised image; lengths and labels are exact."""
    return 0.0, bound(expected[1]), 0.0


def flops(case: Case) -> int:
    """Two quotients and a difference for each pixel."""
    return 3 * case.size * PIXELS


def bytes(case: Case) -> int:
    """Each pixel read in one byte and written in four; labels read and written in eight."""
    return case.size * (PIXELS * (1 + 4) + 16)


def some(length: int, **more: Any) -> Case:
    """``length`` images in batches of 32."""
    return Case(f"{length}-b{BATCH}", {}, series=f"batches of {BATCH}", size=length, **more)


COMPONENT = Component(
    name="images.items",
    title="FashionMNIST through its class",
    question="What does an image cost on its way from the file's bytes to a normalised batch, and which step of it?",
    rows=("IM-01",),
    cases=(
        some(320),
        some(32),
        some(60_000, opt_in="3 s an epoch for the source's way, and 400 MB", memory=1_500_000_000),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="transforms_v1",
    quick_again={"normalised_first": "Gathers from four times the memory: rows that were just read lie in the caches."},
    canonical=canonical,
    stream=True,
    accepts={"bf16 arithmetic": "The inputs are numbers of images and a folder: there is nothing to round."},
    work={
        "mapped": "Opens its file in each epoch, and reads no more of it than it needs.",
        "gathered": "Holds the bytes on the device.",
        "normalised_first": "Normalises before the clock, and holds 188 MB.",
    },
    left_out={
        "worker processes": "`dataload.images` has them on images as cheap as these.",
        "the names of the classes": "The source prints them; they are no part of an item.",
    },
)
