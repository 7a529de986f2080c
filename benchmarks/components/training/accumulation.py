"""TR-05: the gradients of a batch from micro-batches."""

from __future__ import annotations

from typing import Any

from benchmarks.components.training import _digits, _network
from perfsuite.model.component import Case, Component, Inputs

SIZES = (784, 512, 512, 10)


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, 28, 28) and ``y`` (n,), real digits; ``start``; and the size of a micro-batch."""
    return *samples(case.shape["n"], generator), case.shape["micro"]


def samples(n: int, generator: Any) -> tuple[Any, Any, Any]:
    """``x`` (n, 28, 28), ``y`` (n,) and ``start``, of which no sample brings a hidden unit near 0."""
    start = _network.start(SIZES, generator)
    images, labels = _digits.drawn(n + n // 4 + 8, generator)
    x = _digits.enlarged(images)
    clear = _network.clear(x, start).nonzero().flatten()[:n]
    return x[clear], labels[clear], start


def reference(case: Case, x: Any, y: Any, start: Any, micro: int) -> Any:
    """The gradients of the whole batch in float64."""
    return _network.gradients(x, y, [p.double() for p in start])[1]


def tolerance(case: Case, expected: Any, x: Any, y: Any, start: Any, micro: int) -> Any:
    """Three layers of products and a sum over the samples: 1e-5 of the largest gradient."""
    return [1e-5 * slope.abs().max() for slope in expected]


def flops(case: Case) -> int:
    """Forward, and backward without the gradient of the images."""
    return _network.products(SIZES, int(case.shape["n"]))


def bytes(case: Case) -> int:
    """Images, labels and parameters read once, gradients written once."""
    return int(case.shape["n"]) * (4 * 784 + 8) + 8 * _network.numbers(SIZES)


def by(micro: int, **more: Any) -> Case:
    """256 samples, ``micro`` at a time."""
    return Case(f"256-by-{micro}", {"n": 256, "micro": micro}, series="256 samples by", size=micro, **more)


COMPONENT = Component(
    name="training.accumulation",
    title="Gradients from micro-batches",
    question="What does it cost to compute a batch in parts, and how much memory does it save?",
    rows=("TR-05",),
    cases=(by(64), by(8, only=("backward_scaled", "one_batch"))),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="one_batch",
    left_out={
        "no_sync": "It prevents processes from averaging between micro-batches; there is only one process here.",
        "batch norm": "Its statistics are those of a micro-batch: a different result, as a test shows.",
        "batches of 2 by 2": "The source's four samples only measure calls; training.batch_size goes down to 1.",
    },
)
