"""MD-02: LeNet-5, for one image and for 64."""

from __future__ import annotations

from functools import partial

from benchmarks.components.models._networks import LENET, images
from perfsuite.model.component import Component

batch = partial(images, series="images through LeNet-5")

COMPONENT = Component(
    name="models.lenet",
    title="LeNet-5",
    question="Convolutions as products, in a different layout or compiled: can a small network gain anything?",
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
        "module": "Records a graph, which keeps the feature maps until the logits are freed.",
        "channels_last": "Copies the filters into that layout in every call.",
    },
    left_out={
        "inference_mode": "models.mlp has it; only the module's Python code would be left.",
        "max pooling": "A different network; models.convnet has it.",
        "bfloat16": "A different result; models.fewer_bits measures the gain.",
        "convolution and ReLU fused by hand": "oneDNN's fused operator is private; torch.compile calls it.",
        "oneDNN off, cudnn.benchmark": "They are process-wide settings.",
        "torchsummary": "A separate package; models.summary does the same work.",
    },
)
