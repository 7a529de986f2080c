"""BP-02 to BP-06 and AG-05, forward and backward in one call, with the gradient of the input in every variant."""

from __future__ import annotations

from benchmarks.components.backprop import _network as network
from perfsuite.model.component import Case, Component


def flops(case: Case) -> int:
    """Two forward products and five backward products."""
    return network.products(case, "forward", "parameters", "input")


def bytes(case: Case) -> int:
    """Inputs read once, the loss and all gradients written once."""
    n = int(case.shape["n"])
    return 4 * (n * (2 * network.PIXELS + 1) + 2 * network.parameters() + 1)


ANSWERS = ("loss", "x", "w1", "b1", "w2", "b2")

COMPONENT = Component(
    name="backprop.step",
    title="Forward and backward, equal work",
    question="If all variants compute the same gradients, is it faster to write backward by hand?",
    rows=("BP-02", "BP-03", "BP-04", "BP-05", "BP-06", "AG-05"),
    cases=(
        Case(
            "5000x784",
            {"n": 5000},
            series="rows of 784",
            size=5000,
            only=("module_einsum", "module_matmul", "autograd", "autograd_compiled", "written_out"),
        ),
        Case(
            "64x784",
            {"n": 64},
            series="rows of 784",
            size=64,
            only=(
                *("functions", "layers", "module_matmul"),
                *("vjp", "autograd", "autograd_function", "written_out"),
            ),
            compiled=(),
        ),
    ),
    inputs=network.inputs,
    reference=network.reference(*ANSWERS),
    tolerance=network.tolerance(*ANSWERS),
    flops=flops,
    bytes=bytes,
    baseline="module_matmul",
    compiled=("written_out",),
    work={
        "functions": "Writes and reads n x 784 x 50 elements for the gradient of the first weights.",
        "layers": "Writes and reads n x 784 x 50 elements for the gradient of the first weights.",
        "autograd_compiled": "Forward and backward are compiled before the timing starts.",
    },
    left_out={
        "50000 rows": "backprop.loss and backprop.backward have the source's size and time each half separately.",
        "bfloat16 autocast": "A different result: it is off by a thousandth.",
        "compiled autograd": "It compiles the whole backward of a model with many layers; here it is one graph anyway.",
    },
)
