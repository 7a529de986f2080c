"""A layer over two inputs, one of which is the same for all steps of a sequence.

``relu([a, b] @ w.T + bias)`` where ``a`` is (batch, steps, left), ``b`` is (batch, 1, right) and the brackets put
``b`` behind every step of ``a``. Each variant takes ``a``, ``b``, ``whole`` and ``parts``, all in float32, and returns
(batch, steps, out). ``whole`` is the one layer: its weight (out, left + right) and its bias (out,). ``parts`` are two
layers with the same sum: (out, left), a bias, (out, right), a bias; their two biases add up to the one of ``whole``.
"""

import torch
from torch.nn.functional import linear

Layer = list[torch.Tensor]


def tile_concat(a: torch.Tensor, b: torch.Tensor, whole: Layer, parts: Layer) -> torch.Tensor:
    """Repeat, join, multiply: ``b`` is copied to every step and multiplied there again, with the same answer.

    BC-02.
    """
    tiled = b.repeat(1, a.shape[1], 1)
    return torch.relu(linear(torch.cat([a, tiled], dim=-1), *whole))


def expand_concat(a: torch.Tensor, b: torch.Tensor, whole: Layer, parts: Layer) -> torch.Tensor:
    """Expand in place of repeat: one copy less, but joining makes the other, and the products are the same.

    BC-02.
    """
    expanded = b.expand(-1, a.shape[1], -1)
    return torch.relu(linear(torch.cat([a, expanded], dim=-1), *whole))


def merge_two_biases(a: torch.Tensor, b: torch.Tensor, whole: Layer, parts: Layer) -> torch.Tensor:
    """Two layers, added by broadcasting, as the source has it: nothing is tiled, ``b`` is multiplied once.

    BC-02. Two layers have two biases: 130 parameters where one layer has 120.
    """
    weight_a, bias_a, weight_b, bias_b = parts
    return torch.relu(linear(a, weight_a, bias_a) + linear(b, weight_b, bias_b))


def merge_tied_bias(a: torch.Tensor, b: torch.Tensor, whole: Layer, parts: Layer) -> torch.Tensor:
    """The same with one bias, added where there are few rows: exactly the parameters of the one layer.

    BC-02.
    """
    weight_a, _, weight_b, _ = parts
    return torch.relu(linear(a, weight_a) + linear(b, weight_b, whole[1]))


def merge_into_product(a: torch.Tensor, b: torch.Tensor, whole: Layer, parts: Layer) -> torch.Tensor:
    """The part of ``b`` is where the product of ``a`` starts from, and the clamp overwrites it: one pass is left.

    BC-02.
    """
    weight_a, _, weight_b, _ = parts
    start = linear(b, weight_b, whole[1])
    return torch.baddbmm(start, a, weight_a.t().expand(len(a), -1, -1)).relu_()
