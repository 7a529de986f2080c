"""IM-01: FashionMNIST through torchvision's class, 32 and 320 of its 60000 images in batches of 32.

The files are the user's own if ``TORCH_PERF_DATA`` names them, otherwise drawings in the same format.
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
    """``(lengths of the batches, images, labels)`` in the order of arrival."""
    return joined(batches, case.size)


def reference(case: Case, root: Any, wanted: Any, batch: int) -> Any:
    """The images from their file, normalised in float64."""
    import numpy
    import torch

    raw = root / "FashionMNIST" / "raw"
    images = pictures.pixels(raw / "train-images-idx3-ubyte")[wanted.numpy()]
    labels = pictures.labels(raw / "train-labels-idx1-ubyte")[wanted.numpy()]
    x, y = torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels.astype(numpy.int64))
    return lengths(len(wanted), batch), normal(x), y


def tolerance(case: Case, expected: Any, root: Any, wanted: Any, batch: int) -> Any:
    """As for any normalised image; lengths and labels are exact."""
    return 0.0, bound(expected[1]), 0.0


def flops(case: Case) -> int:
    """Two quotients and a difference for each pixel."""
    return 3 * case.size * PIXELS


def bytes(case: Case) -> int:
    """Each pixel read as one byte and written as four; labels read and written as eight."""
    return case.size * (PIXELS * (1 + 4) + 16)


def some(length: int, **more: Any) -> Case:
    """``length`` images in batches of 32."""
    return Case(f"{length}-b{BATCH}", {}, series=f"batches of {BATCH}", size=length, **more)


COMPONENT = Component(
    name="images.items",
    title="FashionMNIST through torchvision's class",
    question="What does an image cost from the file's bytes to a normalised batch, and which step costs most?",
    rows=("IM-01",),
    cases=(
        some(320),
        some(32),
        some(60_000, opt_in="3 s per epoch for the source's variant, and 400 MB", memory=1_500_000_000),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="transforms_v1",
    quick_again={"normalised_first": "Gathers from four times the memory: rows that were just read are in the caches."},
    canonical=canonical,
    stream=True,
    accepts={"bf16 arithmetic": "The inputs are image numbers and a folder: there is nothing to round."},
    work={
        "mapped": "Opens its file in each epoch, and reads only what it needs.",
        "gathered": "Keeps the bytes on the device.",
        "normalised_first": "Normalises before the timing, and keeps 188 MB.",
    },
    left_out={
        "worker processes": "`dataload.images` has them, with images of the same cost.",
        "the names of the classes": "The source prints them, but they are not part of an item.",
    },
)
