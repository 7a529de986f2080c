"""MD-05: counting the parameters of the book's perceptron."""

from __future__ import annotations

from typing import Any

from benchmarks.components.models._networks import PERCEPTRON, counted, drawn
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """A list of weights and biases in turn."""
    return (drawn(PERCEPTRON.weights, generator),)


def reference(case: Case, parameters: Any) -> Any:
    """Computed from the shapes."""
    import torch

    return torch.tensor(PERCEPTRON.parameters)


def tolerance(case: Case, expected: Any, parameters: Any) -> float:
    """A count is exact."""
    return 0.0


COMPONENT = Component(
    name="models.parameter_count",
    title="Counting parameters",
    question="What does it cost to determine the size of a network?",
    rows=("MD-05",),
    cases=(Case("mlp", {}, dtype="int64"),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=lambda case: 0,
    bytes=lambda case: 0,
    baseline="walk",
    devices=("cpu",),
    canonical=counted,
    accepts={"cached output": "The count depends only on the shapes, which do not change."},
    work={"vector": "Copies every number."},
    left_out={"LeNet-5": "models.summary counts its parameters and its FLOPs.", "torchinfo": "A separate package."},
)
