"""BC-02: forward and backward of a layer over a sequence and a shared vector, with the gradients of all its inputs."""

from __future__ import annotations

from typing import Any

from benchmarks.components.broadcast._layers import elements, joined, products, sequence, tensors
from benchmarks.components.matmul._products import rounding
from perfsuite.model.component import Case, Component, Inputs


def inputs(case: Case, generator: Any) -> Inputs:
    """``a``, ``b``, the layer, its weight in two parts, and the gradient of what comes after."""
    import torch

    a, b, weight, bias = tensors(case, generator)
    left = case.shape["left"]
    slope = torch.randn(*a.shape[:2], len(bias), generator=generator)
    return a, b, [weight, bias], [weight[:, :left].clone(), weight[:, left:].clone()], slope


def gradients(left: int, joint: Any, weight: Any, slope: Any) -> tuple[Any, Any, Any, Any]:
    """The gradients of ``a``, ``b``, the weight and the bias, in closed form."""
    back = slope @ weight
    rows, columns = slope.flatten(0, 1), joint.flatten(0, 1)
    return back[..., :left], back[..., left:].sum(1, keepdim=True), rows.T @ columns, rows.sum(0)


def reference(case: Case, a: Any, b: Any, whole: Any, parts: Any, slope: Any) -> Any:
    """The gradients in float64."""
    return gradients(a.shape[-1], joined(a, b), whole[0].double(), slope.double())


def tolerance(case: Case, expected: Any, a: Any, b: Any, whole: Any, parts: Any, slope: Any) -> Any:
    """The rounding of each sum: over the outputs, over outputs and steps, and twice over all rows."""
    squares = gradients(a.shape[-1], joined(a, b).square(), whole[0].double().square(), slope.double().square())
    (batch, steps), out = a.shape[:2], len(whole[1])
    depths = out, out * steps, batch * steps, batch * steps
    return tuple(rounding(case.dtype, *each) for each in zip(depths, squares, expected, strict=True))


def in_four(case: Case, output: Any) -> Any:
    """The two pieces of the weight's gradient, concatenated as in the single layer."""
    import torch

    if len(output) != 5:
        return output
    a, b, left, right, bias = output
    return a, b, torch.cat([left, right], dim=1), bias


COMPONENT = Component(
    name="broadcast.merge_gradient",
    title="Tile and concatenate, or merge two layers: gradients",
    question="Does the merged layer stay faster when gradients are computed, including those of the inputs?",
    rows=("BC-02",),
    cases=(sequence(128),),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    canonical=in_four,
    flops=lambda case: 6 * products(case),  # forward, back to the inputs, back to the weight; sums are not counted
    bytes=lambda case: 4 * (2 * elements(case)[0] + 2 * elements(case)[1] + elements(case)[2]),
    baseline="tile_concat",
    work={
        "tile_concat": "Multiplies the shared vector, and its gradient, again at every step.",
        "merge_tied_bias": "Returns the weight's gradient in two pieces.",
    },
    left_out={
        "expand in place of repeat": "one copy less each way, with the same products: broadcast.merge has the forward",
        "two biases": "one more sum over the gradients; broadcast.merge has the forward",
        "relu": "where a sum is within rounding of 0, correct variants disagree",
    },
)
