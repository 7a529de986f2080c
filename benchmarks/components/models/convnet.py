"""MD-07: the ConvNet whose features are shown in TensorBoard, 64 images."""

from __future__ import annotations

from benchmarks.components.models._networks import CONVNET, images
from perfsuite.model.component import Component

COMPONENT = Component(
    name="models.convnet",
    title="Network that keeps its features",
    question="What does it cost to keep the features of a network for later, in time and in memory?",
    rows=("MD-07",),
    cases=(images(64, "images through the ConvNet"),),
    inputs=CONVNET.inputs,
    reference=CONVNET.reference,
    tolerance=CONVNET.tolerance,
    flops=CONVNET.flops,
    bytes=CONVNET.bytes,
    baseline="not_kept",
    work={
        "kept": "Keeps three tensors and the graph behind them from call to call; a peak above entry does not show it.",
        "kept_detached": "Keeps three tensors from call to call.",
    },
    left_out={
        "forward hooks": "They keep what a layer hands on, before ReLU and pooling: larger tensors, the same time.",
        "get_embeddings": "The same layers without the last one.",
        "channels_last": "models.lenet has it, with a third of the channels.",
        "torch.compile": "It takes the attributes along without a break: a test.",
        "training": "Dropout would be at work; models.modes asks what it costs.",
    },
)
