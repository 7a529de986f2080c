"""DL-02: epochs over compressed images, whose samples cost enough to be worth sharing among workers."""

from __future__ import annotations

from typing import Any

from benchmarks.components.dataload._epoch import by_label, lengths
from perfsuite.model.component import Case, Component, Inputs

SIDE, CHANNELS = 128, 3
PIXELS = SIDE * SIDE * CHANNELS
SHRINK = 8  # a pixel of a thumbnail is the mean of 8 x 8
DISTINCT = 16  # images; the samples repeat them


def inputs(case: Case, generator: Any) -> Inputs:
    """``packed`` (length, room), zlib streams of colour images; ``sizes`` of the streams; ``labels``; the batch size.

    Noise would not compress and decode too fast, so an image is eight by eight colours, enlarged, with a little grain.
    A label is the number of its sample, so that a shuffled epoch can be put in order again.
    """
    import zlib

    import torch

    coarse = torch.rand(DISTINCT, CHANNELS, 8, 8, generator=generator) * 250
    smooth = torch.nn.functional.interpolate(coarse, size=(SIDE, SIDE), mode="bilinear").flatten(1)
    images = (smooth + torch.randint(0, 4, smooth.shape, generator=generator)).to(torch.uint8)
    packed, sizes = torch.zeros(DISTINCT, PIXELS, dtype=torch.uint8), torch.zeros(DISTINCT, dtype=torch.int64)
    for row, image in enumerate(images.numpy()):
        stream = bytearray(zlib.compress(image, level=1))
        sizes[row] = len(stream)
        packed[row, : len(stream)] = torch.frombuffer(stream, dtype=torch.uint8)
    length = case.shape["length"]
    which = torch.randint(DISTINCT, (length,), generator=generator)
    return packed[which], sizes[which], torch.randperm(length, generator=generator), case.shape["batch"]


def canonical(case: Case, batches: Any) -> Any:
    """``(lengths of the batches, images, labels)``, sorted by label."""
    return by_label(batches, case.shape["length"])


def reference(case: Case, packed: Any, sizes: Any, labels: Any, batch: int) -> Any:
    """All thumbnails in float64, in the order of their labels."""
    import zlib

    import torch

    streams = [bytearray(zlib.decompress(row[:size].numpy())) for row, size in zip(packed, sizes, strict=True)]
    images = torch.stack([torch.frombuffer(stream, dtype=torch.uint8) for stream in streams])
    blocks = images.view(-1, CHANNELS, SIDE // SHRINK, SHRINK, SIDE // SHRINK, SHRINK)
    order = labels.argsort()
    return lengths(len(images), batch), blocks.double().mean(dim=(3, 5))[order] / 255, labels[order]


def tolerance(case: Case, expected: Any, packed: Any, sizes: Any, labels: Any, batch: int) -> Any:
    """The sum of 64 bytes is exact, so there are two roundings: ``2^-23 x``. Lengths and labels are exact."""
    return 0.0, 2.0**-23 * expected[1], 0.0


def flops(case: Case) -> int:
    """One addition for each pixel; decoding is not floating-point work."""
    return int(case.shape["length"]) * PIXELS


def bytes(case: Case) -> int:
    """The streams read, about 0.8 bytes for each pixel, and the thumbnails written in float32."""
    return int(case.shape["length"]) * (PIXELS * 4 // 5 + 4 * PIXELS // SHRINK**2)


def compressed(length: int, **more: Any) -> Case:
    """``length`` images in batches of 8."""
    return Case(f"{length}-b8", {"length": length, "batch": 8}, series="batches of 8", size=length, **more)


COMPONENT = Component(
    name="dataload.decode",
    title="Epochs over compressed images",
    question="From what amount of work do worker processes pay off, and how many should there be?",
    rows=("DL-02",),
    cases=(
        compressed(128),
        compressed(16),
        compressed(32),
        compressed(64),
        compressed(768, opt_in="half a second per epoch, for each of six variants"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="per_sample",
    devices=("cpu",),
    canonical=canonical,
    stream=True,
    accepts={"bf16 arithmetic": "The inputs are bytes: there is nothing to round."},
    work={
        "persistent_2": "Copies the data into shared memory before each epoch; starts its workers only in the first.",
        "threads_2": "Starts all batches at once: the whole epoch may be in memory.",
    },
    left_out={
        "JPEG and PNG files": "The family `images` has them; PNG uses zlib, which is always available.",
        "free-threaded Python": "It is a different interpreter; the decoder already releases the lock.",
        "in_order=False": "All images cost the same, so no batch waits for another.",
    },
)
