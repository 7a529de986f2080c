"""MD-08: the book's perceptron made with given parameters."""

from __future__ import annotations

from typing import Any

from benchmarks.component import Case, Component, Inputs
from benchmarks.components.models._networks import PERCEPTRON, drawn


def inputs(case: Case, generator: Any) -> Inputs:
    """A list of weights and biases in turn."""
    return (drawn(PERCEPTRON.weights, generator),)


def reference(case: Case, parameters: Any) -> Any:
    """The same numbers."""
    return [each.double() for each in parameters]


def tolerance(case: Case, expected: Any, parameters: Any) -> float:
    """Nothing is computed: they are equal, bit by bit."""
    return 0.0


def flops(case: Case) -> int:
    """No arithmetic."""
    return 0


def bytes(case: Case) -> int:
    """None is compulsory: a network may take the tensors themselves."""
    return 0


COMPONENT = Component(
    name="models.build",
    title="A network with given parameters",
    question="How much of making a network is the initialisation that a checkpoint overwrites?",
    rows=("MD-08",),
    cases=(Case("mlp", {}),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="initialised",
    aliases="A network may take over the memory of the parameters that it is given.",
    work={
        "initialised": "Draws random numbers and copies the parameters.",
        "empty": "Copies the parameters.",
        "assigned": "Shares the parameters' memory.",
    },
    left_out={
        "nn.utils.skip_init": "It is `empty` for classes that take a device.",
        "reading the checkpoint": "The family checkpoint.",
    },
)
