"""MD-07: the ConvNet whose features are shown in TensorBoard, for 64 images."""

from __future__ import annotations

from benchmarks.components.models._networks import CONVNET, images
from perfsuite.model.component import Component

COMPONENT = Component(
    name="models.convnet",
    title="Network that keeps its features",
    question="What does it cost, in time and memory, to keep the features of a network for later?",
    rows=("MD-07",),
    cases=(images(64, "images through the ConvNet"),),
    inputs=CONVNET.inputs,
    reference=CONVNET.reference,
    tolerance=CONVNET.tolerance,
    flops=CONVNET.flops,
    bytes=CONVNET.bytes,
    baseline="not_kept",
    work={
        "kept": "Keeps three tensors and their graph between calls, which the peak above entry does not show.",
        "kept_detached": "Keeps three tensors between calls.",
    },
    left_out={
        "forward hooks": "They keep a layer's output, before ReLU and pooling: larger tensors, the same time.",
        "get_embeddings": "It has the same layers without the last one.",
        "channels_last": "models.lenet has it, with a third of the channels.",
        "torch.compile": "It supports the attributes without a graph break, as a test shows.",
        "training": "Dropout would be active; models.modes measures its cost.",
    },
)
