"""A long short-term memory from ``h = c = 0``: ``c = f c + i g``, ``h = o tanh(c)``, gates in the order i, f, g, o.

Each variant takes ``x`` (steps, batch, in), ``w_in`` (4 h, in), ``w_hidden`` (4 h, h), ``b_in``, ``b_hidden`` (4 h,),
in float32, and returns all ``h``, (steps, batch, h), and the last ``c``, (batch, h).
"""

import torch
from torch.nn import functional

from .._contract import prepared

Answer = tuple[torch.Tensor, torch.Tensor]


def four_gates(
    x: torch.Tensor, w_in: torch.Tensor, w_hidden: torch.Tensor, b_in: torch.Tensor, b_hidden: torch.Tensor
) -> Answer:
    """The formula, gate by gate: eight small products in each step.

    LY-05.
    """
    h = c = x.new_zeros(x.shape[1], w_hidden.shape[1])
    gates = list(zip(*(each.chunk(4) for each in (w_in, w_hidden, b_in, b_hidden)), strict=True))
    states = []
    for step in x:
        i, f, g, o = (
            functional.linear(step, left, bias) + functional.linear(h, right, other)
            for left, right, bias, other in gates
        )
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        states.append(h)
    return torch.stack(states), c


def input_first(
    x: torch.Tensor, w_in: torch.Tensor, w_hidden: torch.Tensor, b_in: torch.Tensor, b_hidden: torch.Tensor
) -> Answer:
    """All four gates in one product, and the inputs' half of it once for all steps.

    LY-05.
    """
    h = c = x.new_zeros(x.shape[1], w_hidden.shape[1])
    turned = w_hidden.T
    states = []
    for step in functional.linear(x, w_in, b_in + b_hidden):
        i, f, g, o = step.addmm_(h, turned).chunk(4, 1)
        c = torch.addcmul(f.sigmoid_() * c, i.sigmoid_(), g.tanh_())
        h = o.sigmoid_() * c.tanh()
        states.append(h)
    return torch.stack(states), c


def cell(
    x: torch.Tensor, w_in: torch.Tensor, w_hidden: torch.Tensor, b_in: torch.Tensor, b_hidden: torch.Tensor
) -> Answer:
    """The library's cell, which ``nn.LSTMCell`` calls, in a loop.

    LY-05.
    """
    h = c = x.new_zeros(x.shape[1], w_hidden.shape[1])
    states = []
    for step in x:
        h, c = torch.lstm_cell(step, (h, c), w_in, w_hidden, b_in, b_hidden)
        states.append(h)
    return torch.stack(states), c


@prepared
def module(x: torch.Tensor, w_in: torch.Tensor, w_hidden: torch.Tensor, b_in: torch.Tensor, b_hidden: torch.Tensor):
    """``nn.LSTM`` with these weights: one call for all steps, to oneDNN on a CPU and to cuDNN on a GPU.

    LY-05.
    """
    layer = torch.nn.LSTM(w_in.shape[1], w_hidden.shape[1], device=x.device).requires_grad_(False)
    # The layer's own parameters, on the inputs' memory.
    for parameter, weight in zip(layer.parameters(), (w_in, w_hidden, b_in, b_hidden), strict=True):
        parameter.data = weight

    def run() -> Answer:
        states, (_, c) = layer(x)
        return states, c[0]

    return run
