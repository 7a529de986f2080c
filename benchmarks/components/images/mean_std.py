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
    """Computed from the histogram of bytes, in integers and float64."""
    import torch

    count = torch.bincount(images.flatten(), minlength=256)
    value = torch.arange(256)
    n, first, second = (int((count * value**power).sum()) for power in range(3))
    variance = (second * n - first**2) / n / (n - 1)  # integers up to here
    return torch.tensor([first / n / 255, variance**0.5 / 255], dtype=torch.float64)


def tolerance(case: Case, expected: Any, images: Any) -> Any:
    """A millionth of each: about ten float32 roundings, as in sums that are split into many blocks."""
    return 1e-6 * expected


def flops(case: Case) -> int:
    """A sum and a sum of squares: three operations for each pixel."""
    return 3 * case.size * PIXELS


def bytes(case: Case) -> int:
    """Each pixel read once, as one byte."""
    return case.size * PIXELS


COMPONENT = Component(
    name="images.mean_std",
    title="Mean and standard deviation of a data set",
    question="How many times too slow is the usual way to compute two numbers?",
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
    accepts={"bf16 arithmetic": "The inputs are integers up to 255, which bfloat16 represents exactly."},
    work={"loader": "Makes an object and a tensor for each image, as the data set class does."},
    left_out={
        "the other variants on 60000": "They take half a second or more; the loader takes 3 s.",
        "torch.compile": "On 784,000 pixels the compiled `whole` is off by three millionths; one is allowed.",
        "the mean of the batches' deviations": "It is wrong; a test shows by how much.",
        "sums of squares in float32": "They lose digits that the difference of two large sums needs, as a test shows.",
        "several processes": "Counting the bytes of 60000 images takes less time than starting a process.",
    },
)
