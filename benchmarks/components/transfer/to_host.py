"""TX-02: a tensor from a GPU to host memory."""

from __future__ import annotations

from typing import Any

from benchmarks.components.transfer import _arrays as arrays
from perfsuite.model.component import Case, Component


def reference(case: Case, x: Any) -> Any:
    """The same numbers."""
    return x.double()


COMPONENT = Component(
    name="transfer.to_host",
    title="From a GPU to the host",
    question="What does it cost to copy a result back, and does pinned memory pay off?",
    rows=("TX-02",),
    cases=arrays.SIZES,
    inputs=arrays.on_device,
    reference=reference,
    tolerance=arrays.exact,
    flops=arrays.nothing,
    bytes=arrays.moved,
    baseline="cpu",
    devices=("cuda",),
    canonical=arrays.came_back,
    accepts={"copy of an input": "A copy is the task."},
    work={
        "into": "Uses preallocated host memory.",
        "into_pinned": "Uses preallocated pinned host memory.",
    },
    left_out={
        "non_blocking without an event": "It returns stale contents of the memory: see the tests.",
        ".tolist() of a large tensor": "It makes a Python number of each element: see tensors and transfer.scalars.",
    },
)
