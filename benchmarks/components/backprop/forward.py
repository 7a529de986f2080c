"""BP-01: the output of the two-layer network for the 10000 images of the source, and for a batch of 64."""

from __future__ import annotations

from typing import Any

from benchmarks.components.backprop import _network as network
from perfsuite.model.component import Case, Component


def reference(case: Case, x: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """The output in float64; no target is needed."""
    return network.reference("output")(case, x, x[:, 0], w1, b1, w2, b2)[0]


def tolerance(case: Case, expected: Any, x: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """As for all sums of products of this family."""
    return network.tolerance("output")(case, (expected,), x, x[:, 0], w1, b1, w2, b2)[0]


def flops(case: Case) -> int:
    """The two products."""
    return network.products(case, "forward")


def bytes(case: Case) -> int:
    """Input and parameters read once, the output written once."""
    return 4 * (int(case.shape["n"]) * (network.PIXELS + 1) + network.parameters())


COMPONENT = Component(
    name="backprop.forward",
    title="Forward of a two-layer network",
    question="What do the temporaries and the graph of a small network cost compared with its products?",
    rows=("BP-01",),
    cases=(
        Case("10000x784", {"n": 10000}, series="rows of 784", size=10000),
        Case(
            "64x784",
            {"n": 64},
            series="rows of 784",
            size=64,
            only=("functions", "linears", "linears_inference"),
            compiled=(),
        ),
    ),
    inputs=network.forward_inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="functions",
    quick_again=dict.fromkeys(
        ("linears", "linears_inference"), "Keeps its copy of the parameters while the originals do not change."
    ),
    compiled=("functions",),
    graphed=("functions", "addmm"),
    work={
        "linears": "Records a graph and keeps the hidden units for backward.",
        "in_place": "Overwrites tensors that backward would need.",
        "out": "Writes into preallocated memory, and overwrites tensors that backward would need.",
    },
    published={"functions": (6.71e-3, 8.41e-3, 8.04e-3)},  # the source, upstream, upstream's first commit
    published_case="10000x784",
    left_out={
        "bfloat16 (AMX)": "A different result: it is off by a thousandth. matmul.ladder has bfloat16 products.",
        "no_grad": "Measured here as inference_mode; autograd.tracking compares the ways to turn tracking off.",
        "the source's weights": "They are not seeded, and the time does not depend on the weights.",
    },
)
