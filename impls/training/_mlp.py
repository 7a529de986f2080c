"""The multi-layer perceptron that is trained here: built once, put back to its start in each call."""

import torch
from torch import nn

Tensors = list[torch.Tensor]


def network(start: Tensors) -> nn.Sequential:
    """Linear layers with ReLU between them, shaped like ``start`` = ``[w1, b1, w2, b2, ...]`` and where those lie."""
    layers: list[nn.Module] = [nn.Flatten()]
    for w in start[::2]:
        layers += [nn.utils.skip_init(nn.Linear, w.shape[1], w.shape[0], device=w.device), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def put_back(model: nn.Module, start: Tensors) -> None:
    """Give the parameters the values of ``start``."""
    with torch.no_grad():
        torch._foreach_copy_(list(model.parameters()), start)


def parameters(model: nn.Module) -> Tensors:
    """The parameters as plain tensors, over their own memory."""
    return [p.detach() for p in model.parameters()]
