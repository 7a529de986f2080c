"""The network that the source's example package logs: 30,762 parameters, and it keeps its feature maps."""

import torch
from torch import nn
from torch.nn import functional


class ConvNet(nn.Module):
    """Images (batch, 1, 28, 28) to logits (batch, 10): two convolutions with pooling, two layers.

    The source's dropout is left out: its random numbers would be all that differs between two trainings.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3)
        self.conv2 = nn.Conv2d(16, 32, 3)
        self.fc1 = nn.Linear(800, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The logits."""
        self.features = self.conv1(x)
        x = functional.max_pool2d(functional.relu(self.features), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        return self.fc2(functional.relu(self.fc1(x.flatten(1))))


def with_weights(weights: list[torch.Tensor]) -> ConvNet:
    """The network with these weights: nothing is drawn."""
    with torch.device("meta"):
        network = ConvNet()
    names = [name for name, _ in network.named_parameters()]
    network.load_state_dict(dict(zip(names, weights, strict=True)), assign=True)
    return network
