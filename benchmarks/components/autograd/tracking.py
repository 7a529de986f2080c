"""AG-01: the forward of a perceptron with and without tracking, the source's 3 x 4 times 4 x 2, and a deep one."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from benchmarks.components.autograd import _perceptron as perceptron
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, inputs) and the layers."""
    import torch

    sizes = case.shape["sizes"]
    return torch.randn(case.shape["n"], sizes[0], generator=generator), perceptron.layers(sizes, generator)


def reference(case: Case, x: Any, layers: Any) -> Any:
    """The output in float64."""
    *hidden, (w, b) = perceptron.doubled(layers)
    x = x.double()
    for weights, bias in hidden:
        x = (x @ weights + bias).clamp_min(0)
    return x @ w + b


def tolerance(case: Case, expected: Any, x: Any, layers: Any) -> Any:
    """``8 sqrt(k) u`` of the root of the sum of squares of the last products, for each layer of k inputs, u = 2^-24.

    Each layer passes its relative error on, so the bounds of the layers add up.
    """
    for w, b in layers[:-1]:
        x = (x @ w + b).clamp_min(0)
    w, b = layers[-1]
    roots = sum(math.sqrt(len(weights)) for weights, _ in layers)
    return 8 * perceptron.UNIT * roots * (x.square() @ w.square() + b.square()).sqrt()


def flops(case: Case) -> int:
    """One multiplication and one addition for each weight and row."""
    products = sum(inputs * outputs for inputs, outputs in pairwise(case.shape["sizes"]))
    return int(2 * case.shape["n"] * products)


def bytes(case: Case) -> int:
    """Input and parameters read once, the output written once; intermediate results need not leave the cache."""
    n, sizes = int(case.shape["n"]), case.shape["sizes"]
    return 4 * (n * int(sizes[0] + sizes[-1]) + perceptron.parameters(sizes))


def batch(n: int, **more: Any) -> Case:
    """``n`` rows through 784-512-512-10."""
    name = "x".join(map(str, (n, *perceptron.SIZES)))
    return Case(name, {"n": n, "sizes": perceptron.SIZES}, series="rows through 784-512-512-10", size=n, **more)


PAIR = ("tracked", "no_grad")

COMPONENT = Component(
    name="autograd.tracking",
    title="Forward with and without tracking",
    question="How much time and memory does no_grad save, and from which size is the difference lost in noise?",
    rows=("AG-01",),
    cases=(
        batch(128, only=("tracked", "detached", "no_grad", "inference_mode")),
        batch(8, only=PAIR),
        batch(32, only=PAIR),
        batch(512, only=PAIR),
        Case("3x4x2", {"n": 3, "sizes": (4, 2)}),
        Case("512x256-8-layers", {"n": 512, "sizes": (256,) * 9}, only=PAIR),  # deep enough for memory to differ
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="tracked",
    graphed=("frozen",),
    work={
        "tracked": "Records a graph, which keeps the tensors for backward until the output is freed.",
        "detached": "Records a graph and frees it immediately.",
    },
    left_out={
        "eval()": "It changes dropout and batch normalisation, not tracking: a test shows that the graph is still "
        "recorded.",
        "set_grad_enabled(False)": "no_grad is the same as a context manager.",
        "inference_mode as a decorator": "It enters the same context manager in each call.",
        "torch.compile": "backprop.forward measures whether a compiled forward is faster.",
    },
)
