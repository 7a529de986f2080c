"""MD-03, MD-04: calling a module, for one that does nothing and for three small layers."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from benchmarks.components.models import _networks as networks
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, inputs) and a list of weights and biases in turn, empty for nn.Identity."""
    import torch

    sizes = case.shape["sizes"]
    x = torch.randn(case.shape["n"], sizes[0], generator=generator)
    return x, networks.drawn([(outputs, inputs) for inputs, outputs in pairwise(sizes)], generator)


def reference(case: Case, x: Any, parameters: Any) -> Any:
    """The output in float64."""
    layers = networks.pairs(parameters)
    x = x.double()
    for place, (w, b) in enumerate(layers):
        x = x @ w.double().T + b.double()
        if place < len(layers) - 1:
            x = x.clamp_min(0)
    return x


def tolerance(case: Case, expected: Any, x: Any, parameters: Any) -> Any:
    """``8 u sqrt(k)`` of the root of the last terms' squares for each layer of k inputs, u = 2^-24; 0 for no layer."""
    if not parameters:
        return 0.0
    *hidden, (w, b) = networks.pairs(parameters)
    for weight, bias in hidden:
        x = (x @ weight.T + bias).clamp_min(0)
    roots = sum(math.sqrt(inputs) for inputs in case.shape["sizes"][:-1])
    return 8 * networks.UNIT * roots * (x.square() @ w.square().T + b.square()).sqrt()


def flops(case: Case) -> int:
    """A product and a sum for each weight and row."""
    return int(2 * case.shape["n"] * sum(a * b for a, b in pairwise(case.shape["sizes"])))


def bytes(case: Case) -> int:
    """Input and parameters read once, the output written once; nn.Identity moves nothing."""
    n, sizes = int(case.shape["n"]), case.shape["sizes"]
    if len(sizes) == 1:
        return 0
    return int(4 * (n * (sizes[0] + sizes[-1]) + sum(a * b + b for a, b in pairwise(sizes))))


COMPONENT = Component(
    name="models.call_path",
    title="The call of a module",
    question="What does network(x) cost besides its operators, with and without hooks, and what does forward(x) save?",
    rows=("MD-03", "MD-04"),
    cases=(
        Case("64x64x32x10", {"n": 64, "sizes": (64, 32, 10)}),
        Case("identity", {"n": 1, "sizes": (64,)}, only=("hooked", "call", "forward")),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="call",
    aliases="The identity returns its input: the component measures the cost of its call.",
    accepts={"copy of an input": "The result of nn.Identity is its input."},
    work={
        "forward": "Does not run the hooks of the network itself.",
        "functional_call": "Takes the parameters from a dictionary in every call.",
    },
    left_out={
        "the perceptron of one image": "models.mlp compares modules with functions for it.",
        "gradients": "They are the same either way, which a test and a fact of every run check.",
        "torch.compile": "It replaces the call path with its own: models.line has a compiled formula.",
        "torch.jit": "Deprecated: it warns on every use.",
    },
)
