"""Shared by the components of the two-layer network: its inputs, its gradients in any dtype, and error bounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from perfsuite.model.component import Case, Inputs

PIXELS, HIDDEN = 784, 50
UNIT = 2.0**-24
KINK = 1e-4  # no hidden unit's input may be closer to zero than this


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, 784), ``target`` (n,), ``w1`` (784, 50), ``b1`` (50,), ``w2`` (50, 1), ``b2`` (1,).

    Weights as the lesson initialises them. Biases are not its zeros, which would hide a missing bias. Rows that bring a
    hidden unit within 1e-4 of ReLU's kink are drawn anew: there float32 may take the other side, which is another
    gradient and no error.
    """
    import torch

    n = case.shape["n"]
    w1 = torch.randn(PIXELS, HIDDEN, generator=generator) * math.sqrt(2 / PIXELS)
    b1 = 0.1 * torch.randn(HIDDEN, generator=generator)
    w2 = torch.randn(HIDDEN, 1, generator=generator) / math.sqrt(HIDDEN)
    b2 = 0.1 * torch.randn(1, generator=generator)
    target = torch.randint(10, (n,), generator=generator).float()
    x = torch.randn(n, PIXELS, generator=generator)
    fresh = torch.arange(n)
    while len(fresh):
        near = (torch.addmm(b1, x[fresh], w1).abs() < KINK).any(dim=1)
        fresh = fresh[near]
        x[fresh] = torch.randn(len(fresh), PIXELS, generator=generator)
    return x, target, w1, b1, w2, b2


def forward_inputs(case: Case, generator: Any) -> Inputs:
    """The same without the target."""
    x, _, *parameters = inputs(case, generator)
    return x, *parameters


def _slopes(x: Any, target: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> tuple[Any, ...]:
    """Activations and the gradients of the layers' outputs: ``l1``, ``l2``, ``output``, ``slope1``, ``slope2``."""
    import torch

    l1 = torch.addmm(b1, x, w1)
    l2 = l1.clamp_min(0) - 0.5
    output = torch.addmm(b2, l2, w2)
    slope2 = 2 * (output - target.unsqueeze(-1)) / len(x)
    return l1, l2, output, slope2 * w2.T * (l1 > 0), slope2


def reference(*answers: str) -> Callable[..., Any]:
    """The named ones of ``output``, ``loss`` and the gradients of ``x``, ``w1``, ``b1``, ``w2``, ``b2``, in float64."""

    def made(case: Case, x: Any, *others: Any) -> Any:
        x, target, w1, b1, w2, b2 = (tensor.double() for tensor in (x, *others))
        _, l2, output, slope1, slope2 = _slopes(x, target, w1, b1, w2, b2)
        formulas = {
            "output": lambda: output,
            "loss": lambda: (output.squeeze(-1) - target).square().mean(),
            "x": lambda: slope1 @ w1.T,
            "w1": lambda: x.T @ slope1,
            "b1": lambda: slope1.sum(0),
            "w2": lambda: l2.T @ slope2,
            "b2": lambda: slope2.sum(0),
        }
        return tuple(formulas[name]() for name in answers)

    return made


def tolerance(*answers: str) -> Callable[..., Any]:
    """Error bound of each named result: ``8 u (sqrt(784) + sqrt(k)) (sqrt(S) + |result|)``, u = 2^-24.

    A result adds up ``k`` terms, ``S`` is the sum of their squares. The roundings of a sum add up like a random walk
    (Higham and Mary, 2019), around partial sums that are no larger than a walk and the sum itself. The first root is
    the error of the terms, which are sums of 784 products themselves. The error of the output is relative to its own
    size, about one, however close it is to the target, so one is added to that distance.
    """

    def bounds(case: Case, expected: Any, x: Any, target: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        l1, l2, output, _, _ = _slopes(x, target, w1, b1, w2, b2)
        n = len(x)
        slope2 = ((2 * ((output - target.unsqueeze(-1)).abs() + 1)) / n).square()
        slope1 = slope2 * w2.T.square() * (l1 > 0)
        hidden = x.square() @ w1.square() + b1.square() + l2.square()
        terms: dict[str, tuple[int, Callable[[], Any]]] = {
            "output": (HIDDEN, lambda: hidden @ w2.square() + b2.square()),
            "loss": (n, lambda: expected[0].new_zeros(())),  # all its terms are positive
            "x": (HIDDEN, lambda: slope1 @ w1.square().T),
            "w1": (n, lambda: x.square().T @ slope1),
            "b1": (n, lambda: slope1.sum(0)),
            "w2": (n, lambda: hidden.T @ slope2),
            "b2": (n, lambda: slope2.sum(0)),
        }
        found = []
        for name, answer in zip(answers, expected, strict=True):
            depth, squares = terms[name]
            scale = squares().sqrt() + answer.abs()
            found.append(8 * UNIT * (math.sqrt(PIXELS) + math.sqrt(depth)) * scale)
        return tuple(found)

    return bounds


def products(case: Case, *parts: str) -> int:
    """FLOPs of the matrix products of ``forward``, ``parameters`` and ``input``; everything else is a fiftieth of them.

    The gradients of the parameters need three products: one for each weight matrix, one to pass the gradient back.
    """
    n = int(case.shape["n"])
    first, second = 2 * n * PIXELS * HIDDEN, 2 * n * HIDDEN
    return sum({"forward": first + second, "parameters": first + 2 * second, "input": first}[part] for part in parts)


def parameters() -> int:
    """How many numbers the weights and biases have."""
    return PIXELS * HIDDEN + HIDDEN + HIDDEN + 1
