"""TM-04: training steps under each available profiler: ten in a row, and a single one, where its start dominates."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

FEATURES, HIDDEN, CLASSES, RATE = 784, 50, 10, 0.1


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (steps, batch, 784), ``y`` (steps, batch) labels, ``start`` weights and biases of 784-50-10, normal."""
    import torch

    steps, batch = case.shape["steps"], case.shape["batch"]
    return (
        torch.randn(steps, batch, FEATURES, generator=generator),
        torch.randint(CLASSES, (steps, batch), generator=generator),
        [
            torch.randn(HIDDEN, FEATURES, generator=generator) / FEATURES**0.5,
            0.1 * torch.randn(HIDDEN, generator=generator),
            torch.randn(CLASSES, HIDDEN, generator=generator) / HIDDEN**0.5,
            0.1 * torch.randn(CLASSES, generator=generator),
        ],
    )


def reference(case: Case, x: Any, y: Any, start: Any) -> Any:
    """The steps written out in float64."""
    import torch

    w1, b1, w2, b2 = (tensor.double() for tensor in start)
    for batch, labels in zip(x.double(), y, strict=True):
        hidden = (batch @ w1.T + b1).tanh()
        slope = ((hidden @ w2.T + b2).softmax(1) - torch.nn.functional.one_hot(labels, CLASSES)) / len(labels)
        back = (slope @ w2) * (1 - hidden**2)
        w1, b1 = w1 - RATE * back.T @ batch, b1 - RATE * back.sum(0)
        w2, b2 = w2 - RATE * slope.T @ hidden, b2 - RATE * slope.sum(0)
    return [w1, b1, w2, b2]


def tolerance(case: Case, expected: Any, x: Any, y: Any, start: Any) -> Any:
    """Parameters below 1 are rounded in each step, and a step of about 0.01 has a relative error of a millionth."""
    return 1e-6 + 1e-7 * case.shape["steps"]


def flops(case: Case) -> int:
    """Two products of batch x 784 x 50 for each step, three of batch x 50 x 10."""
    return 2 * HIDDEN * (2 * FEATURES + 3 * CLASSES) * int(case.shape["batch"] * case.shape["steps"])


def bytes(case: Case) -> int:
    """Data read once, parameters read and written once."""
    samples = int(case.shape["batch"] * case.shape["steps"])
    return (4 * FEATURES + 8) * samples + 8 * (FEATURES * HIDDEN + HIDDEN + HIDDEN * CLASSES + CLASSES)


def steps(count: int, *only: str) -> Case:
    """``count`` steps of 64 samples."""
    return Case(f"{count}-of-64x784x50x10", {"steps": count, "batch": 64}, series="steps", size=count, only=only)


COMPONENT = Component(
    name="timing.profilers",
    title="Training steps under a profiler",
    question="How much does each profiler slow down the profiled code? No time taken under one is shown elsewhere.",
    rows=("TM-04",),
    cases=(steps(10), steps(1, "torch_profiler", "functions", "sampled", "bare")),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="bare",
    work={
        "torch_trace": "Also writes a file of a few hundred kilobytes.",
        "torch_table": "Also adds the events up and writes a table.",
    },
    left_out={
        "tensorboard_trace_handler": "It is torch_trace with its own file name.",
        "profile_batch of the TensorFlow callback": "torch_schedule does the same in PyTorch.",
        "py-spy, perf": "External programs, which would have to be installed; `sampled` does the same.",
        "a step of LeNet": "Longer operators, fewer per second, with the same cost for each.",
    },
)
