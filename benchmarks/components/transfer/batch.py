"""TX-01: a batch of grey images to a GPU, as bytes or as floats."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

SIDE = 28


def inputs(case: Case, generator: Any) -> Inputs:
    """``images`` (batch, 1, 28, 28) of numpy, uint8, in the host's memory; ``like``, one number on the device."""
    import torch

    shape = (case.shape["batch"], 1, SIDE, SIDE)
    return torch.randint(256, shape, generator=generator, dtype=torch.uint8).numpy(), torch.zeros(())


def reference(case: Case, images: Any, like: Any) -> Any:
    """The pixels divided by 255."""
    import torch

    return torch.from_numpy(images).double() / 255


def tolerance(case: Case, expected: Any, images: Any, like: Any) -> Any:
    """A division, or a product with the rounded 1/255: ``2^-23 x``."""
    return 2.0**-23 * expected


def flops(case: Case) -> int:
    """One division for each pixel."""
    return int(case.shape["batch"]) * SIDE * SIDE


def bytes(case: Case) -> int:
    """Each pixel read as one byte and written as four."""
    return int(case.shape["batch"]) * SIDE * SIDE * (1 + 4)


COMPONENT = Component(
    name="transfer.batch",
    title="A batch of images to a GPU",
    question="Should the loader or the device convert bytes to floats?",
    rows=("TX-01",),
    cases=tuple(Case(f"{n}x1x28x28", {"batch": n}, series="images of 28x28", size=n) for n in (32, 256, 1024, 4096)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="cast_then_to",
    devices=("cuda",),
    accepts={"bf16 arithmetic": "The inputs are bytes: there is nothing to round."},
    work={"image_by_image": "Waits for the device after each image.", "pinned_cast_then_to": "Also pins its floats."},
    left_out={"normalisation": "They are two more operators on the same side as the cast: see the family images."},
)
