"""BP-03 to BP-06 and AG-05, backward only: the second column of the lesson's table, and pairs with equal work."""

from __future__ import annotations

from typing import Any

from benchmarks.components.backprop import _network as network
from perfsuite.model.component import Case, Component

BY_PRODUCT = ("module_einsum", "module_matmul", "autograd_inputs", "module_parameters", "autograd")
NAN = float("nan")


def rows(n: int, **more: Any) -> Case:
    """``n`` images."""
    return Case(f"{n}x784", {"n": n}, series="rows of 784", size=n, **more)


def flops(case: Case) -> int:
    """The products that the gradients of the parameters need; the gradient of the input would double them."""
    return network.products(case, "parameters")


def bytes(case: Case) -> int:
    """Input, hidden units, output, target and second weights read once, the gradients written once."""
    each = network.PIXELS + network.HIDDEN + 2
    return 4 * (int(case.shape["n"]) * each + network.HIDDEN + network.parameters())


WAYS = ("layers_outer", "module_einsum", "module_matmul", "autograd_inputs", "module_parameters", "autograd")

COMPONENT = Component(
    name="backprop.backward",
    title="The refactorings, backward only",
    question="What does the outer product cost, is einsum as good as a product, and how much of autograd's lead is "
    "work that it does not do?",
    rows=("BP-03", "BP-04", "BP-05", "BP-06", "AG-05"),
    cases=(
        rows(50000, only=BY_PRODUCT),
        rows(1000, only=("layers_outer", "module_einsum", "module_matmul", "autograd")),
        rows(64, only=("layers_outer", "module_matmul", "autograd_inputs", "autograd")),
        Case(
            "50000x784-outer",
            {"n": 50000},  # in no series: it runs only on request, and in a series it would be skipped as too long
            only=("layers_outer", "module_matmul"),
            opt_in="a temporary of 7.84 GB, several seconds per call",
            memory=12 << 30,
        ),
    ),
    inputs=network.inputs,
    reference=network.reference("w1", "b1", "w2", "b2"),
    tolerance=network.tolerance("w1", "b1", "w2", "b2"),
    flops=flops,
    bytes=bytes,
    baseline="module_matmul",
    quick_again=dict.fromkeys(WAYS, "Keeps the forward pass while its inputs do not change: only backward is timed."),
    work={
        "layers_outer": "Also computes the gradient of x, n x 784; writes and reads n x 784 x 50 elements.",
        "module_einsum": "Also computes the gradient of x: twice the products, and n x 784 elements more.",
        "module_matmul": "Also computes the gradient of x: twice the products, and n x 784 elements more.",
        "autograd_inputs": "Also computes the gradient of x, like those written by hand: same work as module_matmul. "
        "Its graph is kept for the next call.",
        "module_parameters": "Computes only the gradients of the parameters: same work as autograd.",
        "autograd": "Computes only the gradients of the parameters, half of the work of module_matmul. Its graph is "
        "kept for the next call.",
    },
    published={  # the source, upstream, upstream's first commit
        "layers_outer": (NAN, 3.4, 5.13),  # the source leaves it out
        "module_einsum": (174e-3, 140e-3, 286e-3),
        "module_matmul": (158e-3, 140e-3, 450e-3),
        "autograd": (33.8e-3, 71.1e-3, 243e-3),
    },
    published_case="50000x784",
    left_out={
        "functions": "Same arithmetic as layers_outer; backprop.step has it.",
        "loss.backward()": "It also sets .grad or adds to it; torch.autograd.grad only computes.",
        "compiled autograd": "The compiled backward is in backprop.step, as autograd_compiled.",
    },
)
