"""IM-02: mean and standard deviation of 1000 to 60000 small images."""

from __future__ import annotations

from typing import Any

from benchmarks import pictures
from perfsuite.model.component import Case, Component, Inputs

PIXELS = 28 * 28
LARGE = ("whole", "sums", "histogram")


def inputs(case: Case, generator: Any) -> Inputs:
    """``images`` (length, 28, 28) in uint8: FashionMNIST's or drawings, drawn with replacement."""
    return (pictures.grey("FashionMNIST", case.size, generator),)


def reference(case: Case, images: Any) -> Any:
    """From how often each byte occurs, in whole numbers and float64."""
    import torch

    count = torch.bincount(images.flatten(), minlength=256)
    value = torch.arange(256)
    n, first, second = (int((count * value**power).sum()) for power in range(3))
    variance = (second * n - first**2) / n / (n - 1)  # whole numbers until here
    return torch.tensor([first / n / 255, variance**0.5 / 255], dtype=torch.float64)


def tolerance(case: Case, expected: Any, images: Any) -> Any:
    """A millionth of each: some ten roundings of float32, as sums that are split into many parts have."""
    return 1e-6 * expected


def flops(case: Case) -> int:
    """A sum and a sum of squares: three operations for each pixel."""
    return 3 * case.size * PIXELS


def bytes(case: Case) -> int:
    """Each pixel read once, in one byte."""
    return case.size * PIXELS


COMPONENT = Component(
    name="images.mean_std",
    title="Mean and standard deviation of a data set",
    question="How many times over does the usual way pay for two numbers?",
    rows=("IM-02",),
    cases=(
        Case("1000", {}, series="images", size=1_000),
        Case("60000", {}, series="images", size=60_000, only=LARGE),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="whole",
    accepts={"bf16 arithmetic": "The inputs are whole numbers up to 255: bfloat16 holds them all."},
    work={"loader": "Makes an object and a tensor of each image, as the class for the data set does."},
    left_out={
        "the other ways on 60000": "They take half a second and more; the loader takes 3 s.",
        "torch.compile": "Of 784,000 pixels `whole` errs by three millionths when it is compiled; one is allowed.",
        "the mean of the batches' deviations": "It is wrong: a test says by how much.",
        "sums of squares in float32": "They lose the digits that the difference of two large sums needs: a test.",
        "several processes": "The bytes of 60000 images are counted in less time than a process takes to start.",
    },
)
