"""TB-02: histograms of all parameters of a network, and of a network with denormal weights."""

from __future__ import annotations

from typing import Any

from benchmarks.components.tblog import _events as log
from perfsuite.model.component import Case, Component, Inputs

SHAPES = {
    "mlp": ((512, 784), (512,), (512, 512), (512,), (10, 512), (10,)),
    "convnet": ((16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,), (32, 800), (32,), (10, 32), (10,)),
}


def inputs(case: Case, generator: Any) -> Inputs:
    """A list of tensors, normal with deviation 0.05, or 1e-41 where they are to be denormal."""
    import torch

    scale = case.shape.get("scale", 0.05)
    return ([torch.randn(shape, generator=generator) * scale for shape in SHAPES[case.shape["network"]]],)


def canonical(case: Case, output: Any) -> Any:
    """What does not depend on the bins: ``(numbers, extremes, sums, shares)``, a row for each tensor.

    Numbers: of values, in the entry and in its bins. Extremes: smallest and largest. Sums: of values and of squares.
    Share: of the values below the midpoint of the extremes, with a bin across it counted in proportion.
    """
    import torch

    found = log.events(output)
    numbers, extremes, sums, shares = [], [], [], []
    for tag in sorted(found.Tags()["histograms"]):
        (entry,) = found.Histograms(tag)
        told = entry.histogram_value
        numbers.append([told.num, sum(told.bucket)])
        extremes.append([told.min, told.max])
        sums.append([told.sum, told.sum_squares])
        shares.append(_below(told) / told.num)
    whole = torch.tensor(numbers, dtype=torch.float64)
    if not bool((whole == whole.round()).all()):
        raise ValueError("a count is not an integer")
    return (
        whole.to(torch.int64),
        torch.tensor(extremes, dtype=torch.float64),
        torch.tensor(sums, dtype=torch.float64),
        torch.tensor(shares, dtype=torch.float64),
    )


def _below(told: Any) -> float:
    """How many values are below the midpoint of the extremes, according to the bins."""
    total, left, most = 0.0, told.min, told.max
    middle = (left + most) / 2
    for right, count in zip(told.bucket_limit, told.bucket, strict=True):
        if right <= middle:
            total += count
        elif left < middle:
            total += count * (middle - left) / (min(right, most) - left)
        left = max(left, right)
    return total


def reference(case: Case, tensors: Any) -> Any:
    """The same, computed from all values in float64."""
    import torch

    numbers, extremes, sums, shares = [], [], [], []
    for tensor in (tensor.double() for tensor in tensors):
        numbers.append([tensor.numel(), tensor.numel()])
        low, high = tensor.min(), tensor.max()
        extremes.append([low, high])
        sums.append([tensor.sum(), tensor.square().sum()])
        shares.append((tensor < (low + high) / 2).double().mean())
    return torch.tensor(numbers), torch.tensor(extremes), torch.tensor(sums), torch.tensor(shares)


def tolerance(case: Case, expected: Any, tensors: Any) -> Any:
    """Numbers and extremes are exact, sums are rounded in float64.

    The error of the share depends on how evenly the bin across the midpoint is filled: it is small with many bins, and
    about a random fluctuation for small tensors, which have few. Denormal values are all in the two bins around 0.
    """
    import torch

    magnitude = torch.tensor([[t.double().abs().sum(), t.double().square().sum()] for t in tensors])
    least = 0.25 if "scale" in case.shape else 0.05
    coarse = torch.tensor([least + 2 * t.numel() ** -0.5 for t in tensors], dtype=torch.float64)
    return 0.0, 0.0, 1e-12 * magnitude.double(), coarse


def numbers(case: Case) -> int:
    """How many values there are."""
    import math

    return sum(math.prod(shape) for shape in SHAPES[case.shape["network"]])


def flops(case: Case) -> int:
    """Two comparisons for the extremes, a sum, a square and its sum, and the bin: six for each value."""
    return 6 * numbers(case)


def bytes(case: Case) -> int:
    """Every value read once; the output is small."""
    return 4 * numbers(case)


COMPONENT = Component(
    name="tblog.histograms",
    title="Histograms of a network's parameters",
    question="What does a histogram of every parameter cost, and how much of that depends on the bins?",
    rows=("TB-02",),
    cases=(
        Case("mlp", {"network": "mlp"}, dtype="float64"),
        Case("convnet", {"network": "convnet"}, dtype="float64", only=("add_histogram", "fewer_bins", "histc")),
        Case(
            "mlp-denormal",
            {"network": "mlp", "scale": 1e-41},
            dtype="float64",
            only=("add_histogram", "fewer_bins", "histc"),
        ),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="add_histogram",
    devices=("cpu",),
    canonical=canonical,
    work={
        "auto": "Uses different bins.",
        "freedman_diaconis": "Uses different bins.",
        "fewer_bins": "Uses 64 bins.",
        "histc": "Uses 64 bins.",
    },
    left_out={
        "a part of the values": "It is a different histogram; the time is proportional to the number of values.",
        "every k steps": "It divides all costs by k.",
    },
)
