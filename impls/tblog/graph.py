"""The picture of a network: images ``x`` (batch, 1, 28, 28) and the weights of a small convolutional one, a list.

Each variant returns the bytes of the event file with its graph, uint8.
"""

import warnings

import torch

from ._log import logged
from ._network import with_weights


def _graph(network: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    """The network's graph as ``add_graph`` writes it; tracing is deprecated, and its warnings are silenced here."""

    def write(writer) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            writer.add_graph(network, x)

    return logged(write)


def add_graph(x: torch.Tensor, weights: list[torch.Tensor]) -> torch.Tensor:
    """The source's ``add_graph(model, images)``: the network is traced, checked by running it again, and parsed.

    TB-03.
    """
    return _graph(with_weights(weights), x)


def one_image(x: torch.Tensor, weights: list[torch.Tensor]) -> torch.Tensor:
    """The same with one image: the graph is no other, and the runs of the network cost next to nothing.

    TB-03.
    """
    return _graph(with_weights(weights), x[:1])
