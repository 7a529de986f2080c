"""MD-01: the book's perceptron in bfloat16 and int8, for one image and 256."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from benchmarks.components.models._networks import PERCEPTRON, images
from perfsuite.model.component import Case, Component

LAYERS = len(PERCEPTRON.weights)


def tolerance(case: Case, expected: Any, x: Any, parameters: Any) -> Any:
    """Six standard deviations of the int8 error: ``6 sqrt(2 layers) / 100`` of the root of the terms' squares.

    The largest of a few hundred numbers is three to four times their root mean square. A step is 1/127 of it, and the
    rounding error of each factor of a product is a step / sqrt(12), a hundredth of the root mean square. The errors of
    the layers add up like a random walk. The error of bfloat16 is a fifth of that.
    """
    return 6 * math.sqrt(2 * LAYERS) / 100 * PERCEPTRON.scale(x, parameters)


batch = partial(images, series="images through 784-512-512-10", dtype="bfloat16")

COMPONENT = Component(
    name="models.fewer_bits",
    title="Perceptron in fewer bits",
    question="What do bfloat16 and int8 gain on this machine, and does autocast gain the same?",
    rows=("MD-01",),
    cases=(batch(256), batch(1)),
    inputs=PERCEPTRON.inputs,
    reference=PERCEPTRON.reference,
    tolerance=tolerance,
    flops=PERCEPTRON.flops,
    bytes=PERCEPTRON.bytes,
    baseline="float32",
    quick_again=dict.fromkeys(("int8", "bfloat16"), "Keeps its rounded parameters while the originals do not change."),
    graphed=("float32", "autocast"),
    work={
        "autocast": "Rounds the weights in every call.",
        "bfloat16": "Its weights are rounded in advance.",
        "int8": "Its weights are rounded in advance.",
    },
    left_out={
        "float16": "A GPU has units for both at the same speed; a CPU has them only for bfloat16.",
        "torch.ao.quantization": "Deprecated; the variant int8 does explicitly what it does in a linear layer.",
        "weights alone in int8": "It saves memory traffic in large networks; these weights fit in a cache.",
        "GradScaler, training": "They are part of a training step.",
    },
)
