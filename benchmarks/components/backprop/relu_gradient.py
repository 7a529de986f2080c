"""BP-09: the chain rule through a ReLU at 50000 x 50, and at 64 x 50."""

from __future__ import annotations

from typing import Any

from perfsuite.model.component import Case, Component, Inputs

ZEROS = 97  # one in so many inputs is exactly zero


def inputs(case: Case, generator: Any) -> Inputs:
    """``inp`` and ``g`` (n, 50), normal; zeros are sown into ``inp``, for there the formulas differ that differ."""
    import torch

    inp, g = (torch.randn(case.shape["n"], 50, generator=generator) for _ in range(2))
    inp.view(-1)[::ZEROS] = 0.0
    return inp, g


def reference(case: Case, inp: Any, g: Any) -> Any:
    """The gradient where the input is positive, 0 elsewhere."""
    import torch

    return torch.where(inp > 0, g.double(), 0.0)


def tolerance(case: Case, expected: Any, inp: Any, g: Any) -> Any:
    """Nothing is rounded."""
    return 0.0


def flops(case: Case) -> int:
    """No arithmetic: a choice for each element."""
    return 0


def bytes(case: Case) -> int:
    """Input and gradient read once, the gradient written once."""
    return 3 * 4 * 50 * int(case.shape["n"])


COMPONENT = Component(
    name="backprop.relu_gradient",
    title="Gradient of ReLU",
    question="What does it cost to write a mask to memory before using it?",
    rows=("BP-09",),
    cases=(
        Case("50000x50", {"n": 50000}, series="rows of 50", size=50000),
        Case("64x50", {"n": 64}, series="rows of 50", size=64, only=("written_out", "native"), compiled=()),
    ),
    inputs=inputs,
    reference=reference,
    tolerance=tolerance,
    flops=flops,
    bytes=bytes,
    baseline="written_out",
    compiled=("written_out",),
    graphed=("written_out", "native"),
    work={"autograd": "Also runs the forward pass."},
    left_out={
        "masked_fill": "A branch for each element, as in where; it takes about the same time.",
        "the sign of the output": "The same operators on another tensor from the forward pass.",
        "masked_fill_ in place": "It would overwrite the gradient, which is an input here.",
    },
)
