"""MD-01: the book's perceptron in bfloat16 and int8, one image and 256."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from benchmarks.components.models._networks import PERCEPTRON, images
from perfsuite.model.component import Case, Component

LAYERS = len(PERCEPTRON.weights)


def tolerance(case: Case, expected: Any, x: Any, parameters: Any) -> Any:
    """Six deviations of what int8 makes of it: ``6 sqrt(2 layers) / 100`` of the root of the terms' squares.

    The largest of a row of some hundred numbers is three to four times their root mean square; a step is 1/127 of it,
    and rounding errs by a step / sqrt(12), with either factor of a product: a hundredth of the root mean square. The
    errors of the layers add up like a random walk. bfloat16 errs by a fifth of that.
    """
    return 6 * math.sqrt(2 * LAYERS) / 100 * PERCEPTRON.scale(x, parameters)


batch = partial(images, series="images through 784-512-512-10", dtype="bfloat16")

COMPONENT = Component(
    name="models.fewer_bits",
    title="Perceptron in fewer bits",
    question="What do bfloat16 and int8 bring on this machine, and does autocast bring the same?",
    rows=("MD-01",),
    cases=(batch(256), batch(1)),
    inputs=PERCEPTRON.inputs,
    reference=PERCEPTRON.reference,
    tolerance=tolerance,
    flops=PERCEPTRON.flops,
    bytes=PERCEPTRON.bytes,
    baseline="float32",
    quick_again=dict.fromkeys(
        ("int8", "bfloat16"), "Keeps its rounded parameters while the given ones stay as they are."
    ),
    graphed=("float32", "autocast"),
    work={
        "autocast": "Rounds the weights in every call.",
        "bfloat16": "Has its weights rounded before.",
        "int8": "Has its weights rounded before.",
    },
    left_out={
        "float16": "A GPU has units for both, with the same speed; a CPU has them for bfloat16.",
        "torch.ao.quantization": "Deprecated; what it does in a linear layer is written out in int8.",
        "weights alone in int8": "It saves memory traffic of large networks; these weights fit into a cache.",
        "GradScaler, training": "They belong to a training step.",
    },
)
