"""The classifier of which only a part is trained: a multi-layer perceptron with tanh between its layers."""

import torch
from torch.nn import functional

Layers = list[tuple[torch.Tensor, torch.Tensor]]


def wanting(layers: Layers) -> Layers:
    """The same parameters, over the same memory, as tensors that want gradients."""
    return [(w.detach().requires_grad_(), b.detach().requires_grad_()) for w, b in layers]


def features(x: torch.Tensor, backbone: Layers) -> torch.Tensor:
    """What goes into the layer after ``backbone``."""
    for w, b in backbone:
        x = torch.addmm(b, x, w).tanh()
    return x


def loss(x: torch.Tensor, head: tuple[torch.Tensor, torch.Tensor], target: torch.Tensor) -> torch.Tensor:
    """Cross entropy of the last layer's output."""
    w, b = head
    return functional.cross_entropy(torch.addmm(b, x, w), target)
