"""TN-05: a million normal random numbers."""

from __future__ import annotations

from typing import Any

from benchmarks.components.tensors._samples import KOLMOGOROV, SIGMAS, distance, succession
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``moments`` (2,): a mean below 10 in size, and a standard deviation between 1 and 3; and ``n``."""
    import torch

    mean, deviation = torch.rand(2, generator=generator)
    return torch.stack([20 * mean - 10, 1 + 2 * deviation]), case.shape["n"]


def canonical(case: Case, output: Any) -> Any:
    """Mean, variance, largest deviation from the mean, distance from the normal distribution, serial correlation.

    Raises:
        ValueError: the shape is not (n,).
    """
    import torch

    if output.shape != (case.shape["n"],):
        raise ValueError(f"shape {tuple(output.shape)}, not ({case.shape['n']},)")
    standard = (output.double() - output.double().mean()) / output.double().std()
    figures = (
        output.double().mean(),
        output.double().var(),
        standard.abs().max(),
        distance(torch.special.ndtr(standard)),
        succession(standard),
    )
    return torch.stack(figures).to(output.dtype)


def reference(case: Case, moments: Any, n: int) -> Any:
    """The moments; the largest of a million numbers is about 5 deviations from the mean; the rest is 0."""
    import torch

    mean, deviation = moments.double()
    return torch.stack([mean, deviation**2, *torch.tensor([5.2, 0, 0], dtype=torch.float64)])


def tolerance(case: Case, expected: Any, moments: Any, n: int) -> Any:
    """Six standard errors of mean and variance. Of a million numbers, some are beyond 3.2 deviations, none beyond 7.2.

    A distance beyond 3.3 has a probability below 7e-10.
    """
    import torch

    _, deviation = moments.double()
    of_mean, of_variance = deviation / n**0.5, deviation**2 * (2 / n) ** 0.5
    known = torch.tensor([2, KOLMOGOROV, SIGMAS], dtype=torch.float64)
    return torch.stack([SIGMAS * of_mean, SIGMAS * of_variance, *known])


def flops(case: Case) -> int:
    """For each number a logarithm, a root, a sine or cosine, two products and a sum, counted as one each."""
    return 6 * int(case.shape["n"])


def bytes(case: Case) -> int:
    """Each number written once."""
    return 4 * int(case.shape["n"])


COMPONENT = Component(
    name="tensors.normal",
    title="Normal random numbers",
    question="How much more expensive is a normal number than a uniform one, and which library draws it faster?",
    rows=("TN-05",),
    cases=(Case("1000000", {"n": 1_000_000}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="expression",
    canonical=canonical,
    accepts={
        "off by one": "The numbers are just as random in a different order.",
        "bf16 arithmetic": "Moments rounded by 1/500 differ by less than a million numbers can show.",
    },
    left_out={"normal_ in place": "It only saves an allocation: tensors.uniform has it."},
)
