"""LS-03: the logarithm of a sum of exponentials, 50000 rows of ten as in the lesson."""

from __future__ import annotations

from typing import Any

from benchmarks.components.losses._logits import UNIT, hard
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (rows, 10): hard logits, and a tenth of all but the first column is -inf."""
    import torch

    x = hard(case.shape["rows"], 10, generator)
    masked = torch.rand(x.shape, generator=generator) < 0.1
    masked[:, 0] = False
    return (x.masked_fill(masked, -torch.inf),)


def reference(case: Case, x: Any) -> Any:
    """The result in float64."""
    return x.double().logsumexp(1)


def tolerance(case: Case, expected: Any, x: Any) -> Any:
    """Ten roundings of numbers as large as the result, and of the logarithm: ``16 2^-24 (1 + |result|)``."""
    return 16 * UNIT * (1 + expected.abs())


def flops(case: Case) -> int:
    """Maximum, difference, exponential and sum for each element, a logarithm and a sum for each row."""
    return 42 * int(case.shape["rows"])


def bytes(case: Case) -> int:
    """The matrix read once, one number for each row written."""
    return 44 * int(case.shape["rows"])


COMPONENT = Component(
    name="losses.logsumexp",
    title="Logarithm of a sum of exponentials",
    question="What does it cost to handle -inf as well, and is the library's call slower than its formula?",
    rows=("LS-03",),
    cases=(Case("50000x10", {"rows": 50000}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="shifted",
    graphed=("logsumexp",),
    work={
        "scipy": "Also separates the terms equal to the maximum, for a smaller error.",
        "logaddexp": "Computes a logarithm for each element.",
        "shifted": "Would give nan for a row of only -inf; the inputs have none.",
    },
    left_out={"log(sum(exp))": "Gives inf above 88.7; the tests check that it is rejected."},
)
