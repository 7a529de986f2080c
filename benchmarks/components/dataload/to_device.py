"""DL-10: batches of 32 small images, 100 KB of numbers each, transferred to the device. It needs CUDA."""

from __future__ import annotations

from typing import Any

from benchmarks.components.dataload._epoch import lengths
from perfsuite.model.component import Case, Component, Inputs

SIDE = 28


def inputs(case: Case, generator: Any) -> Inputs:
    """``images`` (length, 28, 28) in uint8, a numpy array that stays on the host; the same once more; two more.

    These are a tensor that does not stay, and the number of images in a batch.
    """
    import torch

    shape = (case.shape["length"], SIDE, SIDE)
    images = torch.randint(256, shape, generator=generator, dtype=torch.uint8).numpy()
    return images, images.copy(), torch.zeros(1), case.shape["batch"]


def canonical(case: Case, batches: Any) -> Any:
    """``(lengths of the batches, images)``."""
    import torch

    return torch.tensor([len(batch) for batch in batches], device=batches[0].device), torch.cat(batches)


def reference(case: Case, images: Any, again: Any, like: Any, batch: int) -> Any:
    """All images divided by 255 in float64."""
    import torch

    return lengths(len(images), batch), torch.from_numpy(images).double() / 255


def tolerance(case: Case, expected: Any, images: Any, again: Any, like: Any, batch: int) -> Any:
    """A division, or a product with the rounded 1/255: ``2^-23 x``; lengths are exact."""
    return 0.0, 2.0**-23 * expected[1]


def flops(case: Case) -> int:
    """One division for each pixel."""
    return int(case.shape["length"]) * SIDE * SIDE


def bytes(case: Case) -> int:
    """On the device: each pixel arrives as one byte, is read, and is written as four."""
    return int(case.shape["length"]) * SIDE * SIDE * (1 + 1 + 4)


def grey(length: int, batch: int) -> Case:
    """``length`` images in batches of ``batch``."""
    return Case(f"{length}-b{batch}", {"length": length, "batch": batch}, series=f"batches of {batch}", size=length)


COMPONENT = Component(
    name="dataload.to_device",
    title="Batches on their way to the device",
    question="What do pinned memory, a separate stream and fewer bytes save in transfers to the GPU?",
    rows=("DL-10",),
    cases=(grey(640, 32), grey(6_400, 32), grey(6_400, 1_024)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="pageable_floats",
    devices=("cuda",),
    version="2",
    canonical=canonical,
    stream=True,
    accepts={"bf16 arithmetic": "The inputs are integers up to 255, which bfloat16 represents exactly."},
    work={
        "pageable_floats": "Sends four bytes for each pixel; the others send one.",
        "pinned": "Pins the host's memory before the timing.",
        "pinned_ahead": "Pins the host's memory before the timing.",
    },
    left_out={
        "pin_memory=True of the loader": "A thread between the workers and the epoch that does what `pin_each` does.",
        "a training step beside it": "How well a transfer overlaps depends on the model: see the family `training`.",
    },
)
