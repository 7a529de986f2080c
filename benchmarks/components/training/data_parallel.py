"""TR-11: the gradients of a batch that two share."""

from __future__ import annotations

from typing import Any

from benchmarks.component import Case, Component, Inputs
from benchmarks.components.training import _network
from benchmarks.components.training.accumulation import SIZES, samples


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, 28, 28) and ``y`` (n,), real digits, and ``start``."""
    return samples(case.shape["n"], generator)


def reference(case: Case, x: Any, y: Any, start: Any) -> Any:
    """The gradients in float64."""
    return _network.gradients(x, y, [p.double() for p in start])[1]


def tolerance(case: Case, expected: Any, x: Any, y: Any, start: Any) -> Any:
    """A hundred-thousandth of the largest slope: the same sums, in another order."""
    return [1e-5 * slope.abs().max() for slope in expected]


def flops(case: Case) -> int:
    """Forward, and backward without the slope of the images."""
    return _network.products(SIZES, int(case.shape["n"]))


def bytes(case: Case) -> int:
    """Images, labels and parameters read once, gradients written once."""
    return int(case.shape["n"]) * (4 * 784 + 8) + 8 * _network.numbers(SIZES)


COMPONENT = Component(
    name="training.data_parallel",
    title="A batch shared by two",
    question="What does it take to share a batch, and from which size on does it pay?",
    rows=("TR-11",),
    cases=(
        Case("64", {"n": 64}, only=("two_halves", "data_parallel", "one_process")),
        *(
            Case(f"{n}-shared", {"n": n}, series="shared", size=n, opt_in="starts a second process: some 5 s each time")
            for n in (64, 512, 4096)
        ),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="one_process",
    work={"two_processes": "Copies its inputs into shared memory, and works on two cores."},
    left_out={
        "the source's batch of 2": "Four samples make one step on two GPUs and two on one: a test counts them.",
        "the loss 0.6675": "It belongs to DistilBERT and its vocabulary, which would have to be downloaded.",
    },
)
