"""TN-05: uniform random numbers, a thousand and a million, from every available generator."""

from __future__ import annotations

from typing import Any

from benchmarks.components.tensors._samples import KOLMOGOROV, SIGMAS, distance, succession
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``bounds`` (2,): ``low`` between -10 and -5, ``high`` between 5 and 10; and ``n``."""
    import torch

    return torch.tensor([-10.0, 5]) + 5 * torch.rand(2, generator=generator), case.shape["n"]


def canonical(case: Case, output: Any) -> Any:
    """Mean, variance, smallest, largest, distance from the uniform distribution, correlation of neighbours.

    Raises:
        ValueError: the shape is not (n,).
    """
    import torch

    if output.shape != (case.shape["n"],):
        raise ValueError(f"shape {tuple(output.shape)}, not ({case.shape['n']},)")
    low, high = output.aminmax()
    unit = (output - low) / (high - low)
    neighbours = succession((unit - 0.5) * 12**0.5)
    figures = (output.mean(), output.var(), low, high, distance(unit), neighbours)
    return torch.stack([figure.to(output.dtype) for figure in figures])


def reference(case: Case, bounds: Any, n: int) -> Any:
    """The statistics of the distribution itself; distance and correlation are 0."""
    import torch

    low, high = bounds.double()
    return torch.stack([(low + high) / 2, (high - low) ** 2 / 12, low, high, *torch.zeros(2, dtype=torch.float64)])


def tolerance(case: Case, expected: Any, bounds: Any, n: int) -> Any:
    """Six standard errors of mean and variance; a gap at an end exceeds 24/n with probability ``e^-24``.

    A distance beyond 3.3 has a probability of 7e-10.
    """
    import torch

    low, high = bounds.double()
    width = high - low
    of_mean, of_variance = width / (12 * n) ** 0.5, width**2 / (180 * n) ** 0.5
    gap = 24 / n * width
    known = torch.tensor([KOLMOGOROV, SIGMAS], dtype=torch.float64)
    return torch.stack([SIGMAS * of_mean, SIGMAS * of_variance, gap, gap, *known])


def flops(case: Case) -> int:
    """A product and a sum for each number; drawing it is integer work."""
    return 2 * int(case.shape["n"])


def bytes(case: Case) -> int:
    """Each number written once."""
    return 4 * int(case.shape["n"])


def numbers(n: int, *only: str, **more: Any) -> Case:
    """``n`` random numbers."""
    return Case(str(n), {"n": n}, series="n", size=n, only=only, **more)


COMPONENT = Component(
    name="tensors.uniform",
    title="Uniform random numbers",
    question="What does a random number cost, and how much of that is applying the bounds afterwards?",
    rows=("TN-05",),
    cases=(
        numbers(1_000_000, "numpy_global", "distribution", "expression", "uniform", "kept", "numpy"),
        numbers(1000, "python", "expression", "uniform", "numpy"),
        numbers(10_000_000, "expression", "uniform", "numpy", opt_in="the source's size: 40 MB", memory=1_000_000_000),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="expression",
    canonical=canonical,
    accepts={
        "off by one": "The numbers are just as random in a different order.",
        "bf16 arithmetic": "Bounds rounded by 1/500 differ by less than a thousand numbers can show.",
    },
    work={"kept": "Writes into preallocated memory."},
    left_out={
        "rand(2, 3)": "With six numbers the time is the cost of a call: tensors.call.",
        "randint, randperm, bernoulli": "Different results from the same generator.",
        "dropout": "Its time is the product with a mask, which belongs to the family models.",
    },
)
