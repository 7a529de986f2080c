"""TR-09: samples per second, by batch size."""

from __future__ import annotations

from typing import Any

from benchmarks.components.training import _network
from benchmarks.components.training.accumulation import SIZES, samples
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, 28, 28) and ``y`` (n,), real digits, and ``start``."""
    return samples(case.shape["n"], generator)


def reference(case: Case, x: Any, y: Any, start: Any) -> Any:
    """The gradients over all samples in float64."""
    return _network.gradients(x, y, [p.double() for p in start])[1]


def tolerance(case: Case, expected: Any, x: Any, y: Any, start: Any) -> Any:
    """1e-5 of the largest gradient: the same sums in a different order."""
    return [1e-5 * slope.abs().max() for slope in expected]


def flops(case: Case) -> int:
    """Forward, and backward without the gradient of the images."""
    return _network.products(SIZES, int(case.shape["n"]))


def bytes(case: Case) -> int:
    """Images, labels and parameters read once, gradients written once."""
    return int(case.shape["n"]) * (4 * 784 + 8) + 8 * _network.numbers(SIZES)


COMPONENT = Component(
    name="training.batch_size",
    title="Samples per second by batch size",
    question="From what size does a larger batch no longer make a sample cheaper?",
    rows=("TR-09",),
    cases=(
        Case("128", {"n": 128}, only=("batch_1", "batch_8", "batch_32", "batch_128")),
        Case(
            "8192",
            {"n": 8192},
            only=("batch_32", "batch_128", "batch_2048", "batch_8192"),
            opt_in="half a second per call",
        ),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="batch_32",
    left_out={
        "steps": "Other batches make other steps, and so different results: training.time_to_loss.",
        "LeNet": "Its convolutions work sample by sample; models has its forward by batch size.",
    },
)
