"""MD-01: the book's perceptron, from one image to 4096."""

from __future__ import annotations

from functools import partial

from benchmarks.components.models._networks import PERCEPTRON, images
from perfsuite.model.component import Component

batch = partial(images, series="images through 784-512-512-10")
PAIR = ("module", "functional_linear")

COMPONENT = Component(
    name="models.mlp",
    title="Perceptron, 784-512-512-10",
    question="What does a forward pass cost besides its products, for one image and for many?",
    rows=("MD-01",),
    cases=(
        batch(1),
        batch(256, only=PAIR, compiled=()),
        batch(4096, only=PAIR, compiled=(), opt_in="60 ms per call, all of it products"),
    ),
    inputs=PERCEPTRON.inputs,
    reference=PERCEPTRON.reference,
    tolerance=PERCEPTRON.tolerance,
    flops=PERCEPTRON.flops,
    bytes=PERCEPTRON.bytes,
    baseline="module",
    compiled=("functional_linear",),
    graphed=("functional_linear", "out"),
    work={
        "module": "Records a graph, which keeps the tensors for backward until the logits are freed.",
        "out": "Writes into preallocated memory.",
    },
    left_out={
        "bfloat16, float16, int8": "Different results: models.fewer_bits.",
        "torch.compile's other modes": "reduce-overhead is a CUDA graph, which functional_linear has on a GPU; "
        "max-autotune tries kernels for minutes.",
        "torch.jit.trace": "Deprecated: it warns on every use.",
        "export and AOTInductor": "matmul.ladder has the call of a compiled package; building one takes half a minute.",
        "ONNX Runtime": "It is a different library, and its exporter is a third one.",
        "all threads": "matmul.large measures the gain of more threads for a product.",
    },
)
