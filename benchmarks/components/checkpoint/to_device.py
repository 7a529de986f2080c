"""CK-04: a state loaded directly to a GPU, or through host memory."""

from __future__ import annotations

from benchmarks.components.checkpoint import _states as states
from benchmarks.components.checkpoint.load import inputs, reference
from perfsuite.model.component import Component

COMPONENT = Component(
    name="checkpoint.to_device",
    title="A state loaded to a GPU",
    question="Is it faster to load directly to the device?",
    rows=("CK-04",),
    cases=(states.network("mlp"), states.small(1000), states.copies(8)),
    inputs=inputs,
    reference=reference,
    tolerance=states.exact,
    flops=states.nothing,
    bytes=states.moved,
    baseline="load_then_to",
    devices=("cuda",),
    accepts={"bf16 arithmetic": "The numbers come from a file: there is nothing to round first."},
    left_out={
        "a network on the meta device": "checkpoint.model measures what it saves not to build the network first.",
        "GPUDirect Storage": "It needs a special driver and file system.",
    },
)
