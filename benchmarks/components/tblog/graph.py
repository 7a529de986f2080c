"""TB-03: the graph of a small convolutional network."""

from __future__ import annotations

from typing import Any

from benchmarks.components.tblog import _events as log
from benchmarks.components.tblog.histograms import SHAPES
from perfsuite.model.component import Case, Component, Inputs

KINDS = {"aten::_convolution": 2, "aten::relu": 3, "aten::max_pool2d": 2, "aten::linear": 2, "aten::flatten": 1}
PARAMETERS = len(SHAPES["convnet"])


def inputs(case: Case, generator: Any) -> Inputs:
    """``x`` (64, 1, 28, 28) and the eight weights and biases, normal float32."""
    import torch

    weights = [0.05 * torch.randn(shape, generator=generator) for shape in SHAPES["convnet"]]
    return torch.randn(case.shape["batch"], 1, 28, 28, generator=generator), weights


def canonical(case: Case, output: Any) -> Any:
    """How many nodes of each kind and how many parameters the graph has. Constants and wiring do not count."""
    import collections

    import torch

    kinds = collections.Counter(node.op for node in log.events(output).Graph().node)
    return torch.tensor([*(kinds[kind] for kind in KINDS), kinds["prim::GetAttr"]])


def reference(case: Case, x: Any, weights: Any) -> Any:
    """Two convolutions, three ReLUs, two poolings, two layers, a flattening, eight parameters."""
    import torch

    return torch.tensor([*KINDS.values(), PARAMETERS])


def flops(case: Case) -> int:
    """Zero: a graph can be drawn without running it."""
    return 0


def bytes(case: Case) -> int:
    """Zero: the values of the weights are not in the graph."""
    return 0


COMPONENT = Component(
    name="tblog.graph",
    title="A network's graph in a log",
    question="What does it cost to log a network's graph once, and how much of that is running the network?",
    rows=("TB-03",),
    cases=(Case("convnet-64", {"batch": 64}),),
    inputs=inputs,
    reference=reference,
    tolerance=log.exact,
    flops=flops,
    bytes=bytes,
    baseline="add_graph",
    devices=("cpu",),
    canonical=canonical,
    accepts={
        "cached output": "The graph does not depend on the numbers.",
        "bf16 arithmetic": "The graph does not depend on the numbers.",
    },
    left_out={"torch.compile": "A compiled module cannot be traced; its graphs are in TORCH_LOGS, not in TensorBoard."},
)
