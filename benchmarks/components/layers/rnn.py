"""LY-04: a recurrent layer of width 128 over 50 steps with a batch of 32."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.components.layers import _recurrent
from perfsuite.model.component import Case, Component


def reference(case: Case, x: Any, w_in: Any, w_hidden: Any, b_in: Any, b_hidden: Any) -> Any:
    """The formula in float64, step by step."""
    import torch

    x, w_in, w_hidden, bias = x.double(), w_in.double(), w_hidden.double(), b_in.double() + b_hidden.double()
    state, states = x.new_zeros(x.shape[1], len(w_hidden)), []
    for step in x:
        state = torch.tanh(step @ w_in.T + state @ w_hidden.T + bias)
        states.append(state)
    return torch.stack(states)


def tolerance(case: Case, expected: Any, *inputs: Any) -> Any:
    """The bound of both recurrent layers."""
    return _recurrent.bound(expected)


COMPONENT = Component(
    name="layers.rnn",
    title="Recurrent layer",
    question="What do the calls of a step cost, and how much of the work need not wait for the previous step?",
    rows=("LY-04",),
    cases=(_recurrent.CASE,),
    inputs=partial(_recurrent.inputs, gates=1),
    reference=reference,
    tolerance=tolerance,
    flops=partial(_recurrent.flops, gates=1, extra=3),
    bytes=partial(_recurrent.bytes, gates=1, last=0),
    baseline="two_products",
    graphed=("input_first",),
    left_out={
        "torch.compile": "It unrolls the 50 steps; compiling takes longer than a whole run.",
        "TorchScript": "smallops.batch_gather shows that it gains nothing for a loop of small operators.",
    },
)
