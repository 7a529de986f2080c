"""LY-05: an LSTM of width 128 over 50 steps with a batch of 32."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.components.layers import _recurrent
from perfsuite.model.component import Case, Component


def reference(case: Case, x: Any, w_in: Any, w_hidden: Any, b_in: Any, b_hidden: Any) -> Any:
    """The formula in float64, step by step: all ``h`` and the last ``c``."""
    import torch

    x, w_in, w_hidden, bias = x.double(), w_in.double(), w_hidden.double(), b_in.double() + b_hidden.double()
    h = c = x.new_zeros(x.shape[1], w_hidden.shape[1])
    states = []
    for step in x:
        i, f, g, o = (step @ w_in.T + h @ w_hidden.T + bias).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        states.append(h)
    return torch.stack(states), c


def tolerance(case: Case, expected: Any, *inputs: Any) -> Any:
    """The bound of both recurrent layers."""
    return tuple(map(_recurrent.bound, expected))


COMPONENT = Component(
    name="layers.lstm",
    title="Long short-term memory",
    question="What do four gates cost separately and together, and what does a library save that knows the whole loop?",
    rows=("LY-05",),
    cases=(_recurrent.CASE,),
    inputs=partial(_recurrent.inputs, gates=4),
    reference=reference,
    tolerance=tolerance,
    flops=partial(_recurrent.flops, gates=4, extra=17),
    bytes=partial(_recurrent.bytes, gates=4, last=1),
    baseline="four_gates",
    graphed=("input_first",),
    left_out={
        "torch.compile": "It unrolls the 50 steps; compiling takes longer than a whole run.",
        "a Triton kernel for the gates": "On a GPU, cuDNN has it; on a CPU, the products dominate.",
        "projections": "A different layer.",
    },
)
