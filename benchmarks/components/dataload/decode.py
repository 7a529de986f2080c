"""DL-02: epochs over compressed images, where making a sample costs enough for workers to share."""

from __future__ import annotations

from typing import Any

from benchmarks.component import Case, Component, Inputs
from benchmarks.components.dataload._epoch import by_label, lengths

SIDE, CHANNELS = 64, 3
PIXELS = SIDE * SIDE * CHANNELS
ROOM = PIXELS + 64  # more than zlib makes of anything


def inputs(case: Case, generator: Any) -> Inputs:
    """``packed`` (length, room), zlib streams of smooth colour images; ``sizes`` of the streams; ``labels``; batch size.

    Noise would not compress and decode too fast, so an image is eight by eight colours, enlarged, with a little grain.
    A label is the number of its image, so that a shuffled epoch can be put in order again.
    """
    import zlib

    import torch

    length = case.shape["length"]
    coarse = torch.rand(length, CHANNELS, 8, 8, generator=generator) * 250
    smooth = torch.nn.functional.interpolate(coarse, size=(SIDE, SIDE), mode="bilinear").flatten(1)
    images = (smooth + torch.randint(0, 4, smooth.shape, generator=generator)).to(torch.uint8)
    packed, sizes = torch.zeros(length, ROOM, dtype=torch.uint8), torch.zeros(length, dtype=torch.int64)
    for row, image in enumerate(images.numpy()):
        stream = bytearray(zlib.compress(image, level=1))
        sizes[row] = len(stream)
        packed[row, : len(stream)] = torch.frombuffer(stream, dtype=torch.uint8)
    return packed, sizes, torch.randperm(length, generator=generator), case.shape["batch"]


def canonical(case: Case, batches: Any) -> Any:
    """``(lengths of the batches, images, labels)`` in the order of the labels."""
    return by_label(batches)


def reference(case: Case, packed: Any, sizes: Any, labels: Any, batch: int) -> Any:
    """All images decoded and divided by 255 in float64, in the order of their labels."""
    import zlib

    import torch

    streams = [bytearray(zlib.decompress(row[:size].numpy())) for row, size in zip(packed, sizes, strict=True)]
    images = torch.stack([torch.frombuffer(stream, dtype=torch.uint8) for stream in streams])
    order = labels.argsort()
    return lengths(len(images), batch), images[order].double() / 255, labels[order]


def tolerance(case: Case, expected: Any, packed: Any, sizes: Any, labels: Any, batch: int) -> Any:
    """A division, or a product with the rounded 1/255: ``2^-23 x``; lengths and labels are exact."""
    counts, ordered, numbers = expected
    return 0.0, 2.0**-23 * ordered, 0.0


def flops(case: Case) -> int:
    """One division for each pixel; decoding is no floating-point work."""
    return int(case.shape["length"]) * PIXELS


def bytes(case: Case) -> int:
    """Each pixel written in four bytes. The compressed streams are read too, some half a byte for each: not counted."""
    return int(case.shape["length"]) * PIXELS * 4


def packed(length: int) -> Case:
    """``length`` images in batches of 32."""
    return Case(f"{length}-b32", {"length": length, "batch": 32}, series="batches of 32", size=length)


COMPONENT = Component(
    name="dataload.decode",
    title="Epochs over compressed images",
    question="From which amount of work on do worker processes pay, and how many of them?",
    rows=("DL-02",),
    cases=(packed(1024), packed(64), packed(256), packed(4096)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="per_sample",
    devices=("cpu",),
    canonical=canonical,
    stream=True,
    work={
        "persistent_2": "Copies the data into shared memory before each epoch; starts its workers in the first alone.",
        "threads_2": "Starts all batches at once: memory may hold the whole epoch.",
    },
    left_out={
        "JPEG and PNG files": "They are the family `images`; zlib is what PNG is made of, and is always there.",
        "free-threaded Python": "It is another interpreter; the decoder lets go of the lock already.",
        "in_order=False": "All images cost the same, so no batch waits for another.",
    },
)
