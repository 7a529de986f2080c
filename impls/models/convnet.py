"""Forward of a convolutional network that keeps its features to show them later, and of one that does not.

Each variant takes ``x`` (n, 1, 28, 28) and ``parameters``, the weights and biases of two convolutions (3 x 3, 16 and 32
filters, each followed by max pooling) and two linear layers (800-32-10), all float32, and returns the logits (n, 10).
The network is in evaluation, so that its dropout does nothing; its parameters want gradients. The modules are made
before the clock starts, over the parameters' own memory.
"""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from .._contract import prepared
from ._networks import Parameters, over

Logits = Callable[[], torch.Tensor]


class _ConvNet(nn.Module):
    """30,762 parameters."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3)
        self.conv2 = nn.Conv2d(16, 32, 3)
        self.fc1 = nn.Linear(32 * 5 * 5, 32)
        self.dropout = nn.Dropout()
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        feat1 = functional.max_pool2d(self.conv1(x).relu(), 2)
        feat2 = functional.max_pool2d(self.conv2(feat1).relu(), 2)
        feat3 = self.fc1(feat2.flatten(1)).relu()
        self.keep(feat1, feat2, feat3)
        return self.fc2(self.dropout(feat3))

    def keep(self, *features):
        pass


class _Keeping(_ConvNet):
    def keep(self, *features):
        self.feat1, self.feat2, self.feat3 = features


class _KeepingDetached(_Keeping):
    def keep(self, *features):
        super().keep(*(each.detach() for each in features))


@prepared
def kept(x: torch.Tensor, parameters: Parameters) -> Logits:
    """Features as attributes of the network: each holds the graph that made it, with all maps, until the next call.

    MD-07: as in the source.
    """
    network = over(_Keeping, parameters).eval()
    return lambda: network(x)


@prepared
def kept_detached(x: torch.Tensor, parameters: Parameters) -> Logits:
    """Features cut off from their graph: three tensors stay, what a backward would need goes with the output.

    MD-07.
    """
    network = over(_KeepingDetached, parameters).eval()
    return lambda: network(x)


@prepared
def not_kept(x: torch.Tensor, parameters: Parameters) -> Logits:
    """Nothing is kept: the graph goes with the output.

    MD-07.
    """
    network = over(_ConvNet, parameters).eval()
    return lambda: network(x)
