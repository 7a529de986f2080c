"""MD-08: the book's perceptron, created with given parameters."""

from __future__ import annotations

from typing import Any

from benchmarks.components._exact import exact, nothing
from benchmarks.components.models._networks import PERCEPTRON, drawn
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """A list of weights and biases in turn."""
    return (drawn(PERCEPTRON.weights, generator),)


def reference(case: Case, parameters: Any) -> Any:
    """The same numbers."""
    return [each.double() for each in parameters]


COMPONENT = Component(
    name="models.build",
    title="A network with given parameters",
    question="How much of creating a network is the initialisation that a checkpoint overwrites?",
    rows=("MD-08",),
    cases=(Case("mlp", {}),),
    inputs=inputs,
    reference=reference,
    tolerance=exact,
    flops=nothing,
    bytes=nothing,
    baseline="initialised",
    aliases="A network may use the memory of the given parameters.",
    work={
        "initialised": "Draws random numbers and copies the parameters.",
        "empty": "Copies the parameters.",
        "assigned": "Shares the parameters' memory.",
    },
    left_out={
        "nn.utils.skip_init": "It is like `empty`, for classes that take a device.",
        "reading the checkpoint": "See the family checkpoint.",
    },
)
