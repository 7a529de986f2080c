"""BC-02: a layer over a sequence and a vector shared by all its steps, tiled and concatenated or merged."""

from __future__ import annotations

from typing import Any

from benchmarks.components.broadcast._layers import elements, joined, products, sequence, tensors
from benchmarks.components.matmul._products import rounding
from perfsuite.model.component import Case, Component, Inputs

PAIR = ("tile_concat", "merge_tied_bias")  # equal parameters, equal result, unequal work


def inputs(case: Case, generator: Any) -> Inputs:
    """``a``, ``b``, the one layer, and the same in two parts, whose biases add up to its own."""
    import torch

    a, b, weight, bias = tensors(case, generator)
    left = case.shape["left"]
    half = torch.randn(bias.shape, generator=generator)
    other = bias - half
    return a, b, [weight, half + other], [weight[:, :left].clone(), half, weight[:, left:].clone(), other]


def reference(case: Case, a: Any, b: Any, whole: Any, parts: Any) -> Any:
    """The one layer in float64."""
    weight, bias = whole
    return (joined(a, b) @ weight.double().T + bias.double()).relu()


def tolerance(case: Case, expected: Any, a: Any, b: Any, whole: Any, parts: Any) -> Any:
    """The rounding of a sum of all products and three biases, those of ``whole`` and ``parts``."""
    weight, bias = whole
    squares = joined(a, b).square() @ weight.double().T.square()
    squares += bias.square() + parts[1].square() + parts[3].square()
    return rounding(case.dtype, weight.shape[1] + 3, squares, expected)


def flops(case: Case) -> int:
    """For the merged layers: two for each product, and a sum and a ReLU for each element of the output."""
    return 2 * products(case) + 2 * elements(case)[-1]


COMPONENT = Component(
    name="broadcast.merge",
    title="Tile and concatenate, or merge two layers",
    question="A vector shared by all steps can be multiplied once. From how many steps does that pay off?",
    rows=("BC-02",),
    cases=(
        Case(
            "5x3x5-6-10",
            {"batch": 5, "steps": 3, "left": 5, "right": 6, "out": 10},
            only=("tile_concat", "merge_two_biases", "merge_tied_bias"),
        ),
        *(sequence(steps, *PAIR, series="16 x steps x 256", size=steps) for steps in (1, 8, 32)),
        sequence(128, *PAIR, "expand_concat", "merge_into_product", series="16 x steps x 256", size=128),
        sequence(512, *PAIR, "merge_into_product", batch=64, opt_in="0.3 GB, and a second for each float64 reference"),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=lambda case: 4 * sum(elements(case)),
    baseline="tile_concat",
    graphed=PAIR,
    accepts={
        "part computed": "The largest inputs are the layer in two parts, which variants of the whole do not read."
    },
    work={
        "tile_concat": "Multiplies the shared vector again at every step.",
        "expand_concat": "Multiplies the shared vector again at every step.",
        "merge_two_biases": "Has one more bias and adds it at every step: 130 parameters instead of 120 at 5x3x5-6-10.",
    },
    left_out={
        "torch.compile": "fuses the sum and the ReLU, as merge_into_product does by hand; einsum.epilogue"
        " measures the gain",
        "bfloat16": "both variants get the same faster product: the ratio remains that of the work",
    },
)
