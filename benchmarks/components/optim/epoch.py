"""OP-06: from updating parameters by hand to ``optim.SGD``, in a small network's training loop."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

BATCH, RATE, HIDDEN = 64, 0.1, 50


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (64 steps, 784) with 80 % zeros like handwritten digits, ``y`` labels, ``start`` weights and biases."""
    import torch

    count = BATCH * case.shape["steps"]
    x = torch.rand(count, 784, generator=generator) * (torch.rand(count, 784, generator=generator) < 0.2)
    y = torch.randint(10, (count,), generator=generator)
    w1 = torch.randn(HIDDEN, 784, generator=generator) / 28
    w2 = torch.randn(10, HIDDEN, generator=generator) / HIDDEN**0.5
    b1, b2 = 0.1 * torch.randn(HIDDEN, generator=generator), 0.1 * torch.randn(10, generator=generator)
    return x, y, [w1, b1, w2, b2]


def reference(case: Case, x: Any, y: Any, start: Any) -> Any:
    """The steps written out in float64."""
    import torch

    w1, b1, w2, b2 = (tensor.double() for tensor in start)
    for batch, labels in zip(x.double().split(BATCH), y.split(BATCH), strict=True):
        hidden = (batch @ w1.T + b1).relu()
        slope = ((hidden @ w2.T + b2).softmax(1) - torch.nn.functional.one_hot(labels, 10)) / len(labels)
        back = (slope @ w2) * (hidden > 0)
        w1, b1 = w1 - RATE * back.T @ batch, b1 - RATE * back.sum(0)
        w2, b2 = w2 - RATE * slope.T @ hidden, b2 - RATE * slope.sum(0)
    return [w1, b1, w2, b2]


def tolerance(case: Case, expected: Any, x: Any, y: Any, start: Any) -> Any:
    """Each step rounds the parameters, which are below 1, and is itself off by about ``1e-8`` in its length of 0.001.

    A hidden unit whose input is within rounding of 0 may be active in one arithmetic and not in the other: that moves
    its weights by up to ``0.1 / 64`` of a gradient, about ``1e-6``.
    """
    return 2e-6 + 2e-8 * case.shape["steps"]


def flops(case: Case) -> int:
    """Two products of 64 x 784 x 50 for each step, three of 64 x 50 x 10."""
    return 2 * BATCH * HIDDEN * (2 * 784 + 3 * 10) * int(case.shape["steps"])


def bytes(case: Case) -> int:
    """Data read once, parameters read and written once."""
    return (4 * 784 + 8) * BATCH * int(case.shape["steps"]) + 8 * (784 * HIDDEN + HIDDEN + HIDDEN * 10 + 10)


COMPONENT = Component(
    name="optim.epoch",
    title="Training steps, from updates by hand to optim.SGD",
    question="What does it cost to let a class do the updates, and how much can be gained?",
    rows=("OP-06",),
    cases=tuple(Case(str(n), {"steps": n}, series="steps", size=n) for n in (50, 5)),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="by_layer",
    work={"written_out": "Makes no graph and computes no loss."},
    left_out={
        "781 steps": "The source's epoch takes half a second per call; the time is linear in the number of steps.",
        "rate 0.5": "With it a rounding difference grows from step to step, so nothing can be proved.",
        "torch.compile": "The family training measures a whole step with it.",
    },
)
