"""CK-04: a state loaded straight to a GPU, or by way of the host's memory."""

from __future__ import annotations

from benchmarks.components.checkpoint import _states as states
from benchmarks.components.checkpoint.load import inputs, reference
from perfsuite.model.component import Component

COMPONENT = Component(
    name="checkpoint.to_device",
    title="A state loaded to a GPU",
    question="Does it pay to load straight to the device?",
    rows=("CK-04",),
    cases=(states.network("mlp"), states.small(1000), states.copies(8)),
    inputs=inputs,
    reference=reference,
    tolerance=states.exact,
    flops=states.nothing,
    bytes=states.moved,
    baseline="load_then_to",
    devices=("cuda",),
    accepts={"bf16 arithmetic": "The numbers come from a file: there is nothing to round before."},
    left_out={
        "a network on the meta device": "checkpoint.model has what is saved by not building it first.",
        "GPUDirect Storage": "It needs a driver and a file system of its own.",
    },
)
