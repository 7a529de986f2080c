"""Forward of LeNet-5: two convolutions with average pooling, then three linear layers; ReLU between all.

Each variant takes ``x`` (n, 1, 28, 28) and ``parameters``, the weights and biases of the five layers in turn, all
float32, and returns the logits (n, 10). The modules are made before the clock starts, over the parameters' own memory.
"""

from collections.abc import Callable

import torch
from torch.nn import functional

from .._contract import prepared
from ._networks import LeNet5, Parameters, over

Logits = Callable[[], torch.Tensor]


@prepared
def module(x: torch.Tensor, parameters: Parameters) -> Logits:
    """The book's class as it stands: a graph is recorded, and the feature maps are kept for it.

    MD-02.
    """
    network = over(LeNet5, parameters)
    return lambda: network(x)


def im2col(x: torch.Tensor, parameters: Parameters) -> torch.Tensor:
    """The convolutions as products: windows copied into columns, 25 numbers written for each one that is read.

    MD-02.
    """
    return _forward(x, parameters, _as_product)


def functional_conv2d(x: torch.Tensor, parameters: Parameters) -> torch.Tensor:
    """The operators and no module.

    MD-02.
    """
    return _forward(x, parameters, functional.conv2d)


def channels_last(x: torch.Tensor, parameters: Parameters) -> torch.Tensor:
    """The layout with a pixel's channels side by side, which its kernels like, even six or sixteen of them.

    MD-02.
    """
    layout = torch.channels_last
    parameters = [each.to(memory_format=layout) if each.dim() == 4 else each for each in parameters]
    return _forward(x.to(memory_format=layout), parameters, functional.conv2d)


def _forward(x: torch.Tensor, parameters: Parameters, convolution: Callable[..., torch.Tensor]) -> torch.Tensor:
    f1, c1, f2, c2, w1, b1, w2, b2, w3, b3 = parameters
    x = functional.avg_pool2d(convolution(x, f1, c1, padding=2).relu(), 2)
    x = functional.avg_pool2d(convolution(x, f2, c2).relu(), 2)
    x = functional.linear(x.flatten(1), w1, b1).relu()
    x = functional.linear(x, w2, b2).relu()
    return functional.linear(x, w3, b3)


def _as_product(x: torch.Tensor, filters: torch.Tensor, bias: torch.Tensor, padding: int = 0) -> torch.Tensor:
    side = x.shape[3] + 2 * padding - filters.shape[3] + 1
    columns = functional.unfold(x, filters.shape[2:], padding=padding)
    return (filters.flatten(1) @ columns + bias[:, None]).unflatten(2, (side, side))
