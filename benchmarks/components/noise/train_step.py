"""A training step of softmax regression: operators, autograd and Python in a realistic mixture."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (batch, 784), ``target`` (batch,), ``w`` (784, 10), ``b`` (10,)."""
    import torch

    batch = case.shape["batch"]
    return (
        torch.randn(batch, 784, generator=generator),
        torch.randint(10, (batch,), generator=generator),
        0.05 * torch.randn(784, 10, generator=generator),
        torch.randn(10, generator=generator),
    )


def reference(case: Case, x: Any, target: Any, w: Any, b: Any) -> Any:
    """The step written out in float64: the gradient of the mean cross entropy is ``(softmax - one_hot) / batch``."""
    import torch

    x, w, b = x.double(), w.double(), b.double()
    slope = ((x @ w + b).softmax(1) - torch.nn.functional.one_hot(target, 10)) / len(x)
    return w - 0.1 * x.T @ slope, b - 0.1 * slope.sum(0)


def tolerance(case: Case, expected: Any, x: Any, target: Any, w: Any, b: Any) -> Any:
    """Logits of 784 products are off by about ``1e-6``; the step divides that by ten."""
    return tuple(2e-6 * (1 + part.abs()) for part in expected)


def flops(case: Case) -> int:
    """Two products of batch x 784 x 10, forward and for the weights' gradient."""
    return 4 * int(case.shape["batch"]) * 784 * 10


def bytes(case: Case) -> int:
    """Inputs read once, the new parameters written once."""
    return 4 * (int(case.shape["batch"]) * 784 + 2 * 7850) + 8 * int(case.shape["batch"])


COMPONENT = Component(
    name="noise.train_step",
    title="One training step",
    question="How small a slowdown of a training step can be detected?",
    rows=(),
    cases=(Case("64x784x10", {"batch": 64}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="autograd",
)
