"""Shared by the components that use a multi-layer perceptron: its parameters, and its gradients in float64."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from perfsuite.model.component import Case, Inputs

SIZES = (784, 512, 512, 10)
UNIT = 2.0**-24


def layers(sizes: Sequence[int], generator: Any) -> list[tuple[Any, Any]]:
    """Weights (inputs, outputs) that keep the variance, and small biases."""
    import torch

    return [
        (
            torch.randn(inputs, outputs, generator=generator) / math.sqrt(inputs),
            0.1 * torch.randn(outputs, generator=generator),
        )
        for inputs, outputs in pairwise(sizes)
    ]


def classifier(case: Case, generator: Any) -> Inputs:
    """``x`` (n, 784), ``target`` (n,) and the layers."""
    import torch

    n = case.shape["n"]
    x = torch.randn(n, SIZES[0], generator=generator)
    return x, torch.randint(SIZES[-1], (n,), generator=generator), layers(SIZES, generator)


def slopes(x: Any, target: Any, pairs: list[tuple[Any, Any]]) -> tuple[Any, Any, Any, Any]:
    """The factors of the first and the last layer's gradients, in the dtype of ``x``.

    Returns the last layer's input, the gradients of the first layer's output and of the logits, and the probabilities.
    """
    import torch

    seen = [x]
    for w, b in pairs[:-1]:
        seen.append(torch.addmm(b, seen[-1], w).tanh())
    w, b = pairs[-1]
    probabilities = torch.addmm(b, seen[-1], w).softmax(1)
    last = (probabilities - torch.nn.functional.one_hot(target, len(b))) / len(x)
    back = last
    for (weights, _), value in zip(reversed(pairs[1:]), reversed(seen[1:]), strict=True):
        back = (back @ weights.T) * (1 - value.square())
    return seen[-1], back, last, probabilities


def doubled(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """The layers in float64."""
    return [(w.double(), b.double()) for w, b in pairs]


def parameters(sizes: Sequence[int]) -> int:
    """How many numbers the weights and biases have."""
    return sum(inputs * outputs + outputs for inputs, outputs in pairwise(sizes))


def multiplications(case: Case) -> list[int]:
    """FLOPs of each layer's product in the forward pass."""
    return [2 * int(case.shape["n"]) * a * b for a, b in pairwise(SIZES)]


def bound(expected: tuple[Any, Any], inp: Any, slope: Any) -> tuple[Any, Any]:
    """Error bound for the gradients of a layer with input ``inp`` and output gradients like ``slope``.

    ``8 u (sqrt(784) + sqrt(n)) (sqrt(S) + |result|)``, u = 2^-24: the roundings of a sum of n terms add up like a
    random walk (Higham and Mary, 2019), and the terms are sums of up to 784 products themselves. ``S`` is the sum of
    the terms' squares.
    """
    roots = 8 * UNIT * (math.sqrt(SIZES[0]) + math.sqrt(len(inp)))
    w, b = expected
    return (
        roots * ((inp.square().T @ slope.square()).sqrt() + w.abs()),
        roots * (slope.square().sum(0).sqrt() + b.abs()),
    )
