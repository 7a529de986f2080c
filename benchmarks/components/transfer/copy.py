"""TX-01, TX-04: a copy within one memory: not a transfer, but the closest thing on a machine without a GPU."""

from __future__ import annotations

from benchmarks.components.transfer import _arrays as arrays
from benchmarks.components.transfer.to_host import reference
from perfsuite.model.component import Component

COMPONENT = Component(
    name="transfer.copy",
    title="A copy within one memory",
    question="What does a copy cost that crosses no bus, and how much of that is new memory?",
    rows=("TX-01", "TX-04"),
    cases=(
        arrays.sized(25_088),
        arrays.sized(262_144),
        arrays.sized(4_194_304),
        arrays.sized(100_000_000, opt_in="0.8 GB", memory=2_000_000_000),
    ),
    inputs=arrays.on_device,
    reference=reference,
    tolerance=arrays.exact,
    flops=arrays.nothing,
    bytes=arrays.moved,
    baseline="clone",
    accepts={"copy of an input": "A copy is the task."},
    work={
        "numpy_into": "Writes to preallocated memory.",
        "into": "Writes to preallocated memory.",
    },
    left_out={
        ".to(device)": "On the tensor's own device it copies nothing; with copy=True it is the same as `clone`.",
    },
)
