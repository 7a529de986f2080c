"""AG-04: gradients of a classifier's first layer, with the later layers frozen or not."""

from __future__ import annotations

from typing import Any

from benchmarks.components.autograd import _perceptron as perceptron
from perfsuite.model.component import Case, Component


def reference(case: Case, x: Any, target: Any, layers: Any) -> Any:
    """The first layer's gradients in float64."""
    x = x.double()
    _, first, _, _ = perceptron.slopes(x, target, perceptron.doubled(layers))
    return x.T @ first, first.sum(0)


def tolerance(case: Case, expected: Any, x: Any, target: Any, layers: Any) -> Any:
    """As for all sums of products. An output gradient is itself a sum: its error depends on the size of all."""
    _, first, _, _ = perceptron.slopes(x, target, layers)
    return perceptron.bound(expected, x, first.abs() + first.square().mean().sqrt())


def flops(case: Case) -> int:
    """All forward products; in backward, those that pass the gradient back and the one for the first weights."""
    each = perceptron.multiplications(case)
    return sum(each) + sum(each[1:]) + each[0]


def bytes(case: Case) -> int:
    """Input, targets and parameters read once, the first layer's gradients written once."""
    sizes, n = perceptron.SIZES, int(case.shape["n"])
    return 4 * (n * sizes[0] + perceptron.parameters(sizes) + sizes[0] * sizes[1] + sizes[1]) + 8 * n


COMPONENT = Component(
    name="autograd.freeze_late",
    title="Gradients of the first layer, with later layers frozen",
    question="Does freezing later layers save as much as freezing earlier ones?",
    rows=("AG-04",),
    cases=(Case("256x784", {"n": 256}),),
    inputs=perceptron.classifier,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="everything",
    work={"everything": "Computes the gradients of all layers."},
    left_out={"no_grad, detach": "They would cut the graph: no gradient would reach the first layer."},
)
