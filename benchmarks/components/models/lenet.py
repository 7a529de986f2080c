"""MD-02: LeNet-5, one image and 64."""

from __future__ import annotations

from functools import partial

from benchmarks.components.models._networks import LENET, images
from perfsuite.model.component import Component

batch = partial(images, series="images through LeNet-5")

COMPONENT = Component(
    name="models.lenet",
    title="LeNet-5",
    question="Convolutions as products, in another layout or compiled: is there anything to win in a small network?",
    rows=("MD-02",),
    cases=(
        batch(64),
        batch(1, only=("im2col", "functional_conv2d"), compiled=()),
    ),
    inputs=LENET.inputs,
    reference=LENET.reference,
    tolerance=LENET.tolerance,
    flops=LENET.flops,
    bytes=LENET.bytes,
    baseline="module",
    compiled=("functional_conv2d",),
    graphed=("functional_conv2d",),
    work={
        "module": "Records a graph, which keeps the feature maps until the logits are dropped.",
        "channels_last": "Copies the filters into that layout in every call.",
    },
    left_out={
        "inference_mode": "models.mlp has it; what is left of the module is then its Python.",
        "max pooling": "Another network; models.convnet has it.",
        "bfloat16": "Another answer; models.fewer_bits asks what it brings.",
        "convolution and ReLU fused by hand": "oneDNN's fused operator is private; torch.compile calls it.",
        "oneDNN off, cudnn.benchmark": "Settings of the whole process.",
        "torchsummary": "Another package: models.summary does its work.",
    },
)
