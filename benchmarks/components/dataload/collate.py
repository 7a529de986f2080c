"""DL-03: a batch made from its samples: 32 of the size of a digit, and 8 of the size of a photograph."""

from __future__ import annotations

import math
from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """A list of ``count`` normal tensors of one shape."""
    import torch

    return ([torch.randn(case.shape["sample"], generator=generator) for _ in range(case.shape["count"])],)


def reference(case: Case, samples: Any) -> Any:
    """The samples, stacked."""
    import torch

    return torch.stack(samples).double()


def tolerance(case: Case, expected: Any, samples: Any) -> Any:
    """Nothing is computed: the numbers must be equal, bit by bit."""
    return 0.0


def flops(case: Case) -> int:
    """No arithmetic."""
    return 0


def bytes(case: Case) -> int:
    """Each number read once and written once."""
    return 8 * int(case.shape["count"] * math.prod(case.shape["sample"]))


def batch(count: int, *sample: int) -> Case:
    """``count`` samples of one shape."""
    size = math.prod(sample)
    name = f"{count}x{'x'.join(map(str, sample))}"
    return Case(name, {"count": count, "sample": sample}, series="numbers in a sample", size=size)


COMPONENT = Component(
    name="dataload.collate",
    title="A batch from its samples",
    question="What does it cost to stack the samples of a batch, and what if it is in memory shared with a worker?",
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
        "stack_out": "Overwrites the previous batch, in preallocated memory.",
        "shared": "Another process can map the memory.",
    },
)
