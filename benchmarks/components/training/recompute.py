"""TR-06: the gradients of a deep network, with activations stored or recomputed."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

SHALLOW = ("segments", "offloaded", "stored")


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, width), normal, and ``start``, a normal matrix for each layer that keeps the size of what it gets."""
    import torch

    n, width, layers = (case.shape[name] for name in ("n", "width", "layers"))
    start = [1.5 * torch.randn(width, width, generator=generator) / width**0.5 for _ in range(layers)]
    return torch.randn(n, width, generator=generator), start


def reference(case: Case, x: Any, start: Any) -> Any:
    """The gradients in float64."""
    import torch

    weights = [w.double().requires_grad_() for w in start]
    x = x.double()
    for w in weights:
        x = torch.nn.functional.gelu(x @ w)
    return list(torch.autograd.grad(x.square().mean(), weights))


def tolerance(case: Case, expected: Any, x: Any, start: Any) -> Any:
    """Each layer adds roundings in the seventh digit, in forward and in backward."""
    return [1e-6 * len(start) * slope.abs().max() for slope in expected]


def flops(case: Case) -> int:
    """One product per layer in forward and two in backward, except that the first layer's input needs no gradient."""
    n, width, layers = (int(case.shape[name]) for name in ("n", "width", "layers"))
    return 2 * n * width * width * (3 * layers - 1)


def bytes(case: Case) -> int:
    """Input and weights read once, gradients written once."""
    n, width, layers = (int(case.shape[name]) for name in ("n", "width", "layers"))
    return 4 * (n * width + 2 * layers * width * width)


def deep(layers: int, **more: Any) -> Case:
    """512 rows through ``layers`` layers of 256."""
    shape = {"n": 512, "width": 256, "layers": layers}
    return Case(f"{layers}x256", shape, series="layers of 256", size=layers, **more)


TWICE = "Computes the forward pass twice."

COMPONENT = Component(
    name="training.recompute",
    title="Recomputed activations",
    question="How much memory does recomputing activations save, and how much time does it cost?",
    rows=("TR-06",),
    cases=(deep(16), deep(4, only=SHALLOW)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="stored",
    work={
        "reentrant": TWICE,
        "each_layer": TWICE,
        "segments": TWICE,
        "selective": "Computes GELU twice.",
        "compiled_half": "Computes GELU twice if its compiler finds that cheapest.",
    },
    left_out={
        "a transformer": "Its layers are similar; layers.attention has the memory of attention itself.",
    },
)
