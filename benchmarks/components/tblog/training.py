"""TB-09: training steps with everything logged, with a little, and with nothing."""

from __future__ import annotations

from typing import Any

from benchmarks.components.tblog.histograms import SHAPES
from perfsuite.model.component import Case, Component, Inputs

BATCH, RATE = 64, 0.1


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (64 steps, 1, 28, 28) normal, ``y`` labels, and the eight weights and biases, as torch draws them."""
    import torch

    count = BATCH * case.shape["steps"]
    x = torch.randn(count, 1, 28, 28, generator=generator)
    y = torch.randint(10, (count,), generator=generator)
    bounds = [1 / 9, 1 / 9, 1 / 144, 1 / 144, 1 / 800, 1 / 800, 1 / 32, 1 / 32]
    start = [
        (2 * torch.rand(shape, generator=generator) - 1) * bound**0.5
        for shape, bound in zip(SHAPES["convnet"], bounds, strict=True)
    ]
    return x, y, start


def reference(case: Case, x: Any, y: Any, start: Any) -> Any:
    """The same steps in float64."""
    import torch
    from torch.nn.functional import conv2d, cross_entropy, linear, max_pool2d

    weights = [tensor.double() for tensor in start]
    for images, labels in zip(x.double().split(BATCH), y.split(BATCH), strict=True):
        leaves = [tensor.requires_grad_() for tensor in weights]
        maps = max_pool2d(conv2d(images, *leaves[0:2]).relu(), 2)
        maps = max_pool2d(conv2d(maps, *leaves[2:4]).relu(), 2)
        logits = linear(linear(maps.flatten(1), *leaves[4:6]).relu(), *leaves[6:8])
        slopes = torch.autograd.grad(cross_entropy(logits, labels), leaves)
        weights = [(leaf - RATE * slope).detach() for leaf, slope in zip(leaves, slopes, strict=True)]
    return weights


def tolerance(case: Case, expected: Any, x: Any, y: Any, start: Any) -> Any:
    """Each step rounds the weights, which are below 1, and is itself off by about ``1e-6`` in its length of 0.01.

    If two values in a pooling window, or a value and 0, are within rounding of each other, the two arithmetics may
    choose differently: that moves a weight by ``0.1 / 64`` of a gradient times a value, about ``5e-5``.
    """
    return 1e-4 + 1e-6 * case.shape["steps"]


def flops(case: Case) -> int:
    """Three products for each layer, two for the first convolution, which has no gradient for its images."""
    first, second = 16 * 9 * 26 * 26, 32 * 144 * 11 * 11
    return 2 * BATCH * (2 * first + 3 * (second + 800 * 32 + 32 * 10)) * int(case.shape["steps"])


def bytes(case: Case) -> int:
    """Data read once, weights read and written once."""
    return (4 * 784 + 8) * BATCH * int(case.shape["steps"]) + 2 * 4 * 30_762


COMPONENT = Component(
    name="tblog.training",
    title="Training with a log",
    question="How much slower is training with logging, and does logging change the result?",
    rows=("TB-09",),
    cases=(
        Case("3", {"steps": 3}, series="steps", size=3),
        Case("50", {"steps": 50}, series="steps", size=50, opt_in="two seconds for a call that logs everything"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="silent",
    devices=("cpu",),
    work={
        "everything": "Writes 16 histograms, an image and a scalar in each step.",
        "everything_once": "Writes 16 histograms and an image in the last step, and a scalar in each.",
        "scalars": "Writes a scalar in each step.",
    },
    left_out={
        "every 50 of 938 steps": "It is `everything_once` with 50 steps, the opt-in case.",
        "embeddings at the end of an epoch": "tblog.embedding has them.",
        "Adam and dropout": "Adam amplifies rounding and dropout is random: with neither can a log be proved harmless.",
        "another process": "Starting one takes longer than these steps; transfer.copy has the cost of the copies.",
    },
)
