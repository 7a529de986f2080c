"""TN-05: ten thousand points of a Dirichlet distribution, which the source draws for its data set."""

from __future__ import annotations

from typing import Any

from benchmarks.components.tensors._samples import SIGMAS
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``concentration`` (features,) in float64, between 1 and 3, and ``n``. The source's are all 1."""
    import torch

    features = case.shape["features"]
    return 1 + 2 * torch.rand(features, generator=generator, dtype=torch.float64), case.shape["n"]


def canonical(case: Case, output: Any) -> Any:
    """``(mean of each feature, variance of each feature, largest error of a row's sum, smallest number if below 0)``.

    Raises:
        ValueError: the shape is not (n, features).
    """
    if output.shape != (case.shape["n"], case.shape["features"]):
        raise ValueError(f"shape {tuple(output.shape)}, not ({case.shape['n']}, {case.shape['features']})")
    error = (output.double().sum(1) - 1).abs().max().to(output.dtype)
    return output.mean(0), output.var(0), error, output.min().clamp(max=0)


def moments(concentration: Any) -> Any:
    """Mean and variance of each feature in float64."""
    whole = concentration.sum()
    mean = concentration / whole
    return mean, mean * (1 - mean) / (whole + 1)


def kurtosis(concentration: Any) -> Any:
    """The kurtosis of each feature, which has a beta distribution, in float64."""
    a, b = concentration, concentration.sum() - concentration
    whole = a + b
    return 3 + 6 * ((a - b) ** 2 * (whole + 1) - a * b * (whole + 2)) / (a * b * (whole + 2) * (whole + 3))


def reference(case: Case, concentration: Any, n: int) -> Any:
    """The statistics of the distribution itself; rows sum to 1."""
    import torch

    zero = torch.zeros((), dtype=torch.float64)
    return *moments(concentration), zero, zero


def tolerance(case: Case, expected: Any, concentration: Any, n: int) -> Any:
    """Six standard errors of the mean and of the variance, the latter from the kurtosis; ``2^-20`` for a sum.

    Each of the ten numbers is divided by their sum, so they all share its nine roundings.
    """
    variance = expected[1]
    of_variance = variance * ((kurtosis(concentration) - 1) / n) ** 0.5
    return SIGMAS * (variance / n) ** 0.5, SIGMAS * of_variance, 2.0**-20, 0.0


def flops(case: Case) -> int:
    """A division and an addition for each number; drawing it takes about twenty more, which are not counted."""
    return 2 * int(case.shape["n"] * case.shape["features"])


def bytes(case: Case) -> int:
    """Each number written once."""
    return 4 * int(case.shape["n"] * case.shape["features"])


COMPONENT = Component(
    name="tensors.dirichlet",
    title="Points of a Dirichlet distribution",
    question="Drawing the data may take longer than using it. Which library draws them faster?",
    rows=("TN-05",),
    cases=(Case("10000x10", {"n": 10_000, "features": 10}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="numpy_global",
    canonical=canonical,
    accepts={"bf16 arithmetic": "Concentrations rounded by 1/500 differ by less than the points can show."},
    work={"gamma": "Draws in float32; the others draw in float64."},
    left_out={"points one at a time": "A data set that draws in __getitem__ pays a call per point: see dataload."},
)
