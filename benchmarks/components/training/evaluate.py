"""TR-02: the loss and the accuracy of a classifier over a test set, batch by batch and at once."""

from __future__ import annotations

from typing import Any

from benchmarks.components.training import _digits, _network
from perfsuite.model.component import Case, Component, Inputs

BATCH = 32
MARGIN = 1e-3  # gap between a sample's two highest outputs, so that every arithmetic gives the same class
SPREAD = 3.0  # scale of the outputs, as in a trained network


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (n, 28, 28) and ``y`` (n,), real digits; ``parameters`` whose last layer tells them apart.

    Two random layers, then the nearest class mean: most are classified rightly. Samples of which the network is not
    sure are left out.
    """
    import torch

    width = case.shape["width"]
    images, y = _digits.drawn(_digits.COUNT, generator)
    x = _digits.enlarged(images)
    hidden = _network.start((784, width, width), generator)
    features = _network.output(x, [*hidden, torch.eye(width), torch.zeros(width)])
    means = torch.stack([features[y == label].mean(0) for label in range(10)])
    last = [means, -means.square().sum(1) / 2]
    scale = SPREAD / _network.output(x, [*hidden, *last]).std()
    parameters = [*hidden, *(part * scale for part in last)]
    first, second = _network.output(x.double(), [p.double() for p in parameters]).topk(2).values.T
    sure = (first - second > MARGIN).nonzero().flatten()[: case.shape["n"]]
    return x[sure], y[sure], parameters


def reference(case: Case, x: Any, y: Any, parameters: Any) -> Any:
    """Mean over the samples in float64, and the exact count."""
    import torch

    output = _network.output(x.double(), [p.double() for p in parameters])
    return torch.nn.functional.cross_entropy(output, y), (output.argmax(1) == y).sum()


def tolerance(case: Case, expected: Any, x: Any, y: Any, parameters: Any) -> Any:
    """Outputs of about 10 have the error of sums of 784 products, which add up to less than ``1e-5`` of the loss."""
    return 1e-5 * (1 + expected[0]), 0.0


def flops(case: Case) -> int:
    """The forward pass."""
    width, n = int(case.shape["width"]), int(case.shape["n"])
    return 2 * n * (784 * width + width * width + width * 10)


def bytes(case: Case) -> int:
    """Images, labels and parameters read once."""
    width, n = int(case.shape["width"]), int(case.shape["n"])
    return n * (4 * 784 + 8) + 4 * _network.numbers((784, width, width, 10)) + 12


def wide(width: int, **more: Any) -> Case:
    """1600 digits through two hidden layers of ``width``."""
    return Case(f"1600-{width}", {"n": 1600, "width": width}, series="width", size=width, **more)


COMPONENT = Component(
    name="training.evaluate",
    title="Evaluating a classifier",
    question="What does the source's evaluation loop cost compared with the forward pass in it?",
    rows=("TR-02",),
    cases=(wide(512), wide(64, only=("no_grad", "whole"))),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="no_grad",
    left_out={
        "the mean of batch means": "It is a different number if the last batch is shorter; a test shows by how much.",
        "torch.compile": "backprop.forward and models measure a forward pass under it.",
        "without no_grad": "autograd.tracking measures the cost of recording a graph.",
        "a DataLoader": "It costs the same here as in training.epoch.",
    },
)
