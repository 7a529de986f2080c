"""DL-08: epochs over four fifths of 500, 2000 and 60000 small images, in batches of 64."""

from __future__ import annotations

from typing import Any

from benchmarks.components.dataload._epoch import by_label, lengths
from perfsuite.model.component import Case, Component, Inputs

SIDE = 28


def inputs(case: Case, generator: Any) -> Inputs:
    """``images`` (length, 28, 28) in uint8, half of their pixels 0; labels that number them; the part; the batch size.

    The part is what ``random_split`` with 80 and 20 % leaves for training.
    """
    import torch

    length = case.shape["length"]
    images = torch.randint(-255, 256, (length, SIDE, SIDE), generator=generator, dtype=torch.int16)
    train = torch.randperm(length, generator=generator)[: part(case)]
    labels = torch.randperm(length, generator=generator)
    return images.clamp_min(0).to(torch.uint8), labels, train.clone(), case.shape["batch"]


def part(case: Case) -> int:
    """How many images are for training."""
    return int(case.shape["length"]) * 4 // 5


def canonical(case: Case, batches: Any) -> Any:
    """``(lengths of the batches, images, labels)``, sorted by label."""
    return by_label(batches, part(case))


def reference(case: Case, images: Any, labels: Any, train: Any, batch: int) -> Any:
    """The part's images divided by 255 in float64, in the order of their labels."""
    chosen = train[labels[train].argsort()]
    return lengths(len(train), batch), images[chosen].double() / 255, labels[chosen]


def tolerance(case: Case, expected: Any, images: Any, labels: Any, train: Any, batch: int) -> Any:
    """A division, or a product with the rounded 1/255: ``2^-23 x``. Lengths and labels are exact."""
    return 0.0, 2.0**-23 * expected[1], 0.0


def flops(case: Case) -> int:
    """One division for each pixel of the part."""
    return part(case) * SIDE * SIDE


def bytes(case: Case) -> int:
    """Each pixel of the part read as one byte and written as four, its label read and written."""
    return part(case) * (SIDE * SIDE * (1 + 4) + 2 * 8)


def grey(length: int, **more: Any) -> Case:
    """``length`` images in batches of 64."""
    return Case(f"{length}-b64", {"length": length, "batch": 64}, series="batches of 64", size=length, **more)


COMPONENT = Component(
    name="dataload.split",
    title="A part of the data",
    question="What does it cost to iterate over a part of the data, and what to copy the part first?",
    rows=("DL-08",),
    cases=(
        grey(2_000),
        grey(500),
        grey(60_000, opt_in="half a second per epoch, for each of five variants"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="subset",
    devices=("cpu",),
    canonical=canonical,
    stream=True,
    accepts={"bf16 arithmetic": "The inputs are integers up to 255, which bfloat16 represents exactly."},
    work={"copied": "Copies the part in each epoch, and keeps both copies during the epoch."},
)
