"""The networks of the sources as modules, and how a module gets parameters that lie elsewhere."""

from collections.abc import Callable

import torch
from torch import nn

Parameters = list[torch.Tensor]


class SimpleNetwork(nn.Module):
    """The book's perceptron, 784-512-512-10: 669,706 parameters."""

    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.layers = nn.Sequential(
            nn.Linear(28 * 28, 512),
            nn.ReLU(),
            nn.Linear(512, 512),
            nn.ReLU(),
            nn.Linear(512, 10),
        )

    def forward(self, x):
        """Logits (n, 10) of images (n, 28, 28)."""
        return self.layers(self.flatten(x))


class LeNet5(nn.Module):
    """The book's LeNet-5: 61,706 parameters."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool = nn.AvgPool2d(2)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        """Logits (n, 10) of images (n, 1, 28, 28)."""
        x = self.pool(self.conv1(x).relu())
        x = self.pool(self.conv2(x).relu())
        x = self.fc1(x.flatten(1)).relu()
        x = self.fc2(x).relu()
        return self.fc3(x)


def over(make: Callable[[], nn.Module], parameters: Parameters) -> nn.Module:
    """The module that ``make`` makes, its parameters over the memory of ``parameters``, in the order of its own.

    It is made on the meta device, so that nothing is drawn for parameters that are replaced at once.
    """
    with torch.device("meta"):
        network = make()
    names = [name for name, _ in network.named_parameters()]
    network.load_state_dict(dict(zip(names, parameters, strict=True)), assign=True)
    return network
