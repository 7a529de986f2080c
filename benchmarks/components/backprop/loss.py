"""BP-02 to BP-06, forward: the first column of the lesson's table, at its 50000 images."""

from __future__ import annotations

from benchmarks.components.backprop import _network as network
from perfsuite.model.component import Case, Component


def flops(case: Case) -> int:
    """The two products."""
    return network.products(case, "forward")


def bytes(case: Case) -> int:
    """Inputs read once; output and loss written once."""
    return 4 * (int(case.shape["n"]) * (network.PIXELS + 2) + network.parameters() + 1)


COMPONENT = Component(
    name="backprop.loss",
    title="The refactorings, forward",
    question="Does a refactoring change the time of the forward pass, or are the source's differences noise?",
    rows=("BP-02", "BP-03", "BP-04", "BP-05", "BP-06"),
    cases=(
        Case("50000x784", {"n": 50000}, series="rows of 784", size=50000),
        Case("64x784", {"n": 64}, series="rows of 784", size=64, only=("functions", "module_matmul", "linears")),
    ),
    inputs=network.inputs,
    reference=network.reference("output", "loss"),
    tolerance=network.tolerance("output", "loss"),
    flops=flops,
    bytes=bytes,
    baseline="module_matmul",
    quick_again={"linears": "Keeps its copy of the parameters while the originals do not change."},
    work={
        "functions": "Keeps nothing after it returns.",
        "layers": "Keeps the input and output of every layer until the next call.",
        "module_einsum": "Keeps the input and output of every layer until the next call.",
        "module_matmul": "Keeps the input and output of every layer until the next call.",
        "linears": "Records a graph, which keeps the tensors for backward; adds the bias within the product.",
    },
    published={  # the source, upstream, upstream's first commit
        "layers": (59.6e-3, 70.7e-3, 76e-3),
        "module_einsum": (44.3e-3, 46.3e-3, 83.5e-3),
        "module_matmul": (45.8e-3, 46.4e-3, 184e-3),
        "linears": (40.5e-3, 46.3e-3, 222e-3),
    },
    published_case="50000x784",
    left_out={
        "plain ReLU, another init": "The source's nn version has both, so it computes a different function; here all "
        "variants compute the same one.",
    },
)
