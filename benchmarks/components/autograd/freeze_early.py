"""AG-04: gradients of a classifier's head, its backbone frozen in three ways."""

from __future__ import annotations

from typing import Any

from benchmarks.components.autograd import _perceptron as perceptron
from perfsuite.model.component import Case, Component


def reference(case: Case, x: Any, target: Any, layers: Any) -> Any:
    """The head's gradients in float64: ``features^T slope`` and the sum of the slopes."""
    features, _, last, _ = perceptron.slopes(x.double(), target, perceptron.doubled(layers))
    return features.T @ last, last.sum(0)


def tolerance(case: Case, expected: Any, x: Any, target: Any, layers: Any) -> Any:
    """As for all sums of products; a feature is a sum itself, and errs by the size of its fellows.

    A slope, the difference of a probability and the target, errs as if the two were added.
    """
    features, _, last, probabilities = perceptron.slopes(x, target, layers)
    features = features.abs() + features.square().mean().sqrt()
    return perceptron.bound(expected, features, last.abs() + 2 * probabilities / len(x))


def flops(case: Case) -> int:
    """All products forward, one backward."""
    each = perceptron.multiplications(case)
    return sum(each) + each[-1]


def bytes(case: Case) -> int:
    """Input, targets and parameters read once, the head's gradients written once."""
    sizes, n = perceptron.SIZES, int(case.shape["n"])
    return 4 * (n * sizes[0] + perceptron.parameters(sizes) + sizes[-2] * sizes[-1] + sizes[-1]) + 8 * n


COMPONENT = Component(
    name="autograd.freeze_early",
    title="Gradients of the head, backbone frozen",
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
        "cached features": "Another problem, a layer of 512 by 10 on its own: the backbone does not run at all.",
        "an encoder of 66 million parameters": "The same graph with more in front: half a minute of calls.",
        "LoRA, biases only": "They train other parameters: another answer.",
        "the optimizer": "Handing it trainable parameters only is a matter of its own; here is the backward.",
    },
)
