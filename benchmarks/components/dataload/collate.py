"""DL-03: a batch from its samples: 32 as small as a digit, and 8 as large as a photograph."""

from __future__ import annotations

import math
from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """A list of ``count`` normal tensors of one shape."""
    import torch

    return ([torch.randn(case.shape["sample"], generator=generator) for _ in range(case.shape["count"])],)


def reference(case: Case, samples: Any) -> Any:
    """One below the other."""
    import torch

    return torch.stack(samples).double()


def tolerance(case: Case, expected: Any, samples: Any) -> Any:
    """Nothing is computed: the numbers are equal, bit by bit."""
    return 0.0


def flops(case: Case) -> int:
    """No arithmetic."""
    return 0


def bytes(case: Case) -> int:
    """Each number read once and written once."""
    return 8 * int(case.shape["count"] * math.prod(case.shape["sample"]))


def batch(count: int, *sample: int) -> Case:
    """``count`` samples of a shape."""
    size = math.prod(sample)
    name = f"{count}x{'x'.join(map(str, sample))}"
    return Case(name, {"count": count, "sample": sample}, series="numbers in a sample", size=size)


COMPONENT = Component(
    name="dataload.collate",
    title="A batch from its samples",
    question="What does it cost to join the samples of a batch, and what to do so in memory that a worker shares?",
    rows=("DL-03",),
    cases=(batch(32, 1, 28, 28), batch(8, 3, 224, 224)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="library",
    devices=("cpu",),
    work={
        "stack_out": "Writes each batch over the one before, in memory allocated before the clock.",
        "shared": "The memory can be mapped by another process.",
    },
)
