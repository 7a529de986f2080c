"""LY-09: a data set minus its mean, divided by its standard deviation: 5000 rows of 784, and the lesson's 50000."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (rows, 784), about as the lesson's pixels are spread, and its own ``mean`` and ``deviation``, shape ()."""
    import torch

    x = 0.1304 + 0.3073 * torch.randn(case.shape["rows"], 784, generator=generator)
    return x, x.mean(), x.std()


def reference(case: Case, x: Any, mean: Any, deviation: Any) -> Any:
    """The result in float64."""
    return (x.double() - mean.double()) / deviation.double()


def tolerance(case: Case, expected: Any, x: Any, mean: Any, deviation: Any) -> Any:
    """Four roundings of what is subtracted: ``4 2^-24 (|x| + |mean|) / deviation``."""
    return 4 * 2.0**-24 * (x.double().abs() + mean.double().abs()) / deviation.double()


def flops(case: Case) -> int:
    """A difference and a quotient for each element."""
    return 2 * 784 * int(case.shape["rows"])


def bytes(case: Case) -> int:
    """Every element read once and written once."""
    return 8 * 784 * int(case.shape["rows"])


def rows(count: int, **more: Any) -> Case:
    """``count`` rows of 784."""
    return Case(f"{count}x784", {"rows": count}, series="rows of 784", size=count, **more)


COMPONENT = Component(
    name="layers.normalise",
    title="Normalising a data set",
    question="What do the temporaries cost, and which variants avoid them?",
    rows=("LY-09",),
    cases=(
        rows(5000),
        rows(50_000, compiled=(), opt_in="3 GB", memory=5_000_000_000),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="two_operators",
    compiled=("two_operators",),
    graphed=("two_operators",),
    work={"torchvision": "Also reads the two numbers back into Python, which waits for the GPU if there is one."},
    left_out={
        "numpy": "The same two passes over memory.",
        "sub_ and div_ on the set itself": "It changes its input; in_place makes a copy and changes that.",
        "one image at a time": "The loop costs what smallops shows: about ten microseconds for each image.",
        "folding into the first layer's weights": "Then nothing is left to time; a test checks that it is correct.",
    },
)
