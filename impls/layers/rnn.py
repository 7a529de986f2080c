"""A recurrent layer, ``h[t] = tanh(Wi x[t] + bi + Wh h[t-1] + bh)`` from ``h = 0``: each step waits for the last.

Each variant takes ``x`` (steps, batch, in), ``w_in`` (h, in), ``w_hidden`` (h, h), ``b_in`` and ``b_hidden`` (h,), in
float32, and returns all states, (steps, batch, h).
"""

import itertools

import torch
from torch.nn import functional

from .._contract import prepared


def two_products(
    x: torch.Tensor, w_in: torch.Tensor, w_hidden: torch.Tensor, b_in: torch.Tensor, b_hidden: torch.Tensor
) -> torch.Tensor:
    """The formula in a loop: two products, three sums and a tanh in each step.

    LY-04.
    """
    state = x.new_zeros(x.shape[1], len(w_hidden))
    states = []
    for step in x:
        state = torch.tanh(step @ w_in.T + b_in + state @ w_hidden.T + b_hidden)
        states.append(state)
    return torch.stack(states)


def one_product(
    x: torch.Tensor, w_in: torch.Tensor, w_hidden: torch.Tensor, b_in: torch.Tensor, b_hidden: torch.Tensor
) -> torch.Tensor:
    """Weights side by side, input and state side by side: one product in each step, after a copy.

    LY-04.
    """
    weight, bias = torch.cat((w_in, w_hidden), 1), b_in + b_hidden
    state = x.new_zeros(x.shape[1], len(w_hidden))
    states = []
    for step in x:
        state = functional.linear(torch.cat((step, state), 1), weight, bias).tanh_()
        states.append(state)
    return torch.stack(states)


def cell(
    x: torch.Tensor, w_in: torch.Tensor, w_hidden: torch.Tensor, b_in: torch.Tensor, b_hidden: torch.Tensor
) -> torch.Tensor:
    """The library's cell, which ``nn.RNNCell`` calls, in a loop: one call in each step, the same products inside.

    LY-04.
    """
    state = x.new_zeros(x.shape[1], len(w_hidden))
    states = []
    for step in x:
        state = torch.rnn_tanh_cell(step, state, w_in, w_hidden, b_in, b_hidden)
        states.append(state)
    return torch.stack(states)


def input_first(
    x: torch.Tensor, w_in: torch.Tensor, w_hidden: torch.Tensor, b_in: torch.Tensor, b_hidden: torch.Tensor
) -> torch.Tensor:
    """The inputs do not wait for each other: one large product for all steps, and the loop keeps the small one.

    LY-04.
    """
    states = functional.linear(x, w_in, b_in + b_hidden)
    turned = w_hidden.T
    states[0].tanh_()
    for before, state in itertools.pairwise(states):
        state.addmm_(before, turned).tanh_()
    return states


@prepared
def module(x: torch.Tensor, w_in: torch.Tensor, w_hidden: torch.Tensor, b_in: torch.Tensor, b_hidden: torch.Tensor):
    """``nn.RNN`` with these weights: the loop is in C++, or all of it in one kernel of cuDNN.

    LY-04.
    """
    layer = torch.nn.RNN(w_in.shape[1], len(w_hidden), device=x.device).requires_grad_(False)
    # The layer's own parameters, on the inputs' memory.
    for parameter, weight in zip(layer.parameters(), (w_in, w_hidden, b_in, b_hidden), strict=True):
        parameter.data = weight
    return lambda: layer(x)[0]
