"""DL-02: epochs over small grey images that are converted to float by the loader."""

from __future__ import annotations

from typing import Any

from benchmarks.components.dataload._epoch import by_label, lengths
from perfsuite.model.component import Case, Component, Inputs

SIDE = 28


def inputs(case: Case, generator: Any) -> Inputs:
    """``images`` (length, 28, 28) in uint8, half of their pixels 0; ``labels`` that number them; and the batch size.

    A label is the number of its image, not its class, so that a shuffled epoch can be put in order again.
    """
    import torch

    shape = (case.shape["length"], SIDE, SIDE)
    images = torch.randint(-255, 256, shape, generator=generator, dtype=torch.int16).clamp_min(0).to(torch.uint8)
    return images, torch.randperm(len(images), generator=generator), case.shape["batch"]


def canonical(case: Case, batches: Any) -> Any:
    """``(lengths of the batches, images, labels)``, sorted by label."""
    return by_label(batches, case.shape["length"])


def reference(case: Case, images: Any, labels: Any, batch: int) -> Any:
    """All images divided by 255 in float64, in the order of their labels."""
    order = labels.argsort()
    return lengths(len(images), batch), images[order].double() / 255, labels[order]


def tolerance(case: Case, expected: Any, images: Any, labels: Any, batch: int) -> Any:
    """A division, or a product with the rounded 1/255: ``2^-23 x``. Lengths and labels are exact."""
    return 0.0, 2.0**-23 * expected[1], 0.0


def flops(case: Case) -> int:
    """One division for each pixel."""
    return int(case.shape["length"]) * SIDE * SIDE


def bytes(case: Case) -> int:
    """Each pixel read as one byte and written as four; labels may be returned as views."""
    return int(case.shape["length"]) * SIDE * SIDE * (1 + 4)


def grey(length: int, batch: int, **more: Any) -> Case:
    """``length`` images in batches of ``batch``; those of 32 form the series."""
    series = "batches of 32" if batch == 32 else ""
    return Case(f"{length}-b{batch}", {"length": length, "batch": batch}, series=series, size=length, **more)


COMPONENT = Component(
    name="dataload.images",
    title="Epochs over small images",
    question="Do worker processes pay off if a sample is a cheap conversion, and what does converting batches save?",
    rows=("DL-02",),
    cases=(
        grey(1_000, 32),
        grey(300, 32),
        grey(3_000, 256, opt_in="a third of a second per epoch, for each of ten variants"),
        grey(10_000, 32, opt_in="a second per epoch, for each of ten variants"),
        grey(60_000, 256, opt_in="15 s for all variants"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="per_sample",
    aliases="The labels of a slice are a view; the component compares how loaders deliver rows.",
    devices=("cpu",),
    canonical=canonical,
    stream=True,
    accepts={"bf16 arithmetic": "The inputs are integers up to 255, which bfloat16 represents exactly."},
    work={
        "slicing": "Keeps the order; its labels are views.",
        "convert_first": "Keeps the order, and keeps all images in float32 in memory.",
        "persistent_2": "Copies the data into shared memory before each epoch; starts its workers only in the first.",
    },
    left_out={
        "60000 images in batches of 32": "Each batch from a worker keeps two files open until it is compared: 3750.",
        "8 workers": "Four workers on two cores show the cost of more.",
        "spawn, forkserver": "Each worker imports torch again: two seconds before the first batch.",
        "pin_memory": "It needs CUDA.",
        "image files": "The family `images` has them; `dataload.decode` has the cost of decoding.",
    },
)
