"""TX-01: an array from host memory to a GPU, from a batch to 400 MB."""

from __future__ import annotations

from typing import Any

from benchmarks.components.transfer import _arrays as arrays
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n,) of numpy, normal float32, in the host's memory, the same once more, and one number on the device."""
    x, like = arrays.hosted(case, generator)
    return x, x.copy(), like


def reference(case: Case, x: Any, again: Any, like: Any) -> Any:
    """The same numbers."""
    import torch

    return torch.from_numpy(x).double()


COMPONENT = Component(
    name="transfer.to_device",
    title="From the host to a GPU",
    question="What does a transfer cost, how much of the bus bandwidth is used, and does pinning pay off?",
    rows=("TX-01",),
    cases=arrays.SIZES,
    inputs=inputs,
    reference=reference,
    tolerance=arrays.exact,
    flops=arrays.nothing,
    bytes=arrays.moved,
    baseline="to",
    devices=("cuda",),
    version="2",
    accepts={"copy of an input": "A copy is the task."},
    work={
        "pin_then_to": "First copies within the host, into memory that is pinned during the call.",
        "into": "Uses preallocated memory on the device.",
        "staged": "First copies within the host, into pinned memory; uses preallocated memory on the device.",
        "ring": "Copies within the host while the bus is busy; uses preallocated memory on the device.",
        "pinned": "The array is already pinned; uses preallocated memory on the device.",
    },
    left_out={
        ".cuda()": "It is the same call as .to(device).",
        "creation on the device": "Then there is nothing to move; the sources' arrays come from files.",
        "the whole data set resident": "Then a batch is a slice on the device: see dataload.home_made.",
        "the CPU": "There is no bus to cross; transfer.copy has the cost of a plain copy.",
        "managed memory": "Its pages move when they are touched: a transfer without a call.",
    },
)
