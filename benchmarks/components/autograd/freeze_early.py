"""AG-04: gradients of a classifier's head, with the backbone frozen in three ways."""

from __future__ import annotations

from typing import Any

from benchmarks.components.autograd import _perceptron as perceptron
from perfsuite.model.component import Case, Component


def reference(case: Case, x: Any, target: Any, layers: Any) -> Any:
    """The head's gradients in float64: ``features^T slope`` and the sum of the output gradients."""
    features, _, last, _ = perceptron.slopes(x.double(), target, perceptron.doubled(layers))
    return features.T @ last, last.sum(0)


def tolerance(case: Case, expected: Any, x: Any, target: Any, layers: Any) -> Any:
    """As for all sums of products. A feature is itself a sum, so its error depends on the size of all features.

    An output gradient is a probability minus the target, and its error is as large as if the two were added.
    """
    features, _, last, probabilities = perceptron.slopes(x, target, layers)
    features = features.abs() + features.square().mean().sqrt()
    return perceptron.bound(expected, features, last.abs() + 2 * probabilities / len(x))


def flops(case: Case) -> int:
    """All forward products and one backward product."""
    each = perceptron.multiplications(case)
    return sum(each) + each[-1]


def bytes(case: Case) -> int:
    """Input, targets and parameters read once, the head's gradients written once."""
    sizes, n = perceptron.SIZES, int(case.shape["n"])
    return 4 * (n * sizes[0] + perceptron.parameters(sizes) + sizes[-2] * sizes[-1] + sizes[-1]) + 8 * n


COMPONENT = Component(
    name="autograd.freeze_early",
    title="Gradients of the head, with a frozen backbone",
    question="What does freezing the early layers save, and does it matter how?",
    rows=("AG-04",),
    cases=(Case("256x784", {"n": 256}),),
    inputs=perceptron.classifier,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="everything",
    work={
        "everything": "Computes the gradients of all layers.",
        "detached": "Records the graph of the backbone.",
    },
    left_out={
        "cached features": "A different problem, a single 512 x 10 layer: the backbone does not run at all.",
        "an encoder of 66 million parameters": "The same graph with more layers in front: half a minute of calls.",
        "LoRA, biases only": "They train other parameters: a different result.",
        "the optimizer": "Passing it only trainable parameters is a separate question; here is backward.",
    },
)
