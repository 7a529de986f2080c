"""A network moved to a device: a list ``arrays`` of numpy, float32, the weights and biases of a multilayer perceptron.

Each variant makes the module with these parameters on the device of ``like`` and returns them as a list.
"""

import numpy as np
import torch
from torch import nn

Tensors = list[torch.Tensor]


def _built(arrays: list[np.ndarray]) -> nn.Sequential:
    layers = [nn.Linear(weight.shape[1], weight.shape[0]) for weight in arrays[::2]]
    return nn.Sequential(*layers)


def _parameters(network: nn.Module) -> Tensors:
    return [parameter.detach() for parameter in network.parameters()]


def _filled(network: nn.Module, arrays: list[np.ndarray]) -> None:
    with torch.no_grad():
        for parameter, array in zip(network.parameters(), arrays, strict=True):
            parameter.copy_(torch.from_numpy(array))


def build_then_to(arrays: list[np.ndarray], like: torch.Tensor) -> Tensors:
    """The source's way: build it in the host's memory, fill it, ``.to(device)``: a copy for each tensor.

    TX-03.
    """
    network = _built(arrays)
    _filled(network, arrays)
    return _parameters(network.to(like.device))


def built_there(arrays: list[np.ndarray], like: torch.Tensor) -> Tensors:
    """Built under ``torch.device``: the random numbers are drawn on the device, then overwritten.

    TX-03.
    """
    with torch.device(like.device):
        network = _built(arrays)
    _filled(network, arrays)
    return _parameters(network)


def meta_to_empty(arrays: list[np.ndarray], like: torch.Tensor) -> Tensors:
    """Built without memory, then given some: no random numbers at all.

    TX-03.
    """
    with torch.device("meta"):
        network = _built(arrays)
    network = network.to_empty(device=like.device)
    _filled(network, arrays)
    return _parameters(network)


def meta_one_copy(arrays: list[np.ndarray], like: torch.Tensor) -> Tensors:
    """And one block for all parameters: one copy over the bus, and the parameters are views of it.

    TX-03.
    """
    with torch.device("meta"):
        network = _built(arrays)
    block = torch.cat([torch.from_numpy(array).flatten() for array in arrays]).to(like.device)
    names = [name for name, _ in network.named_parameters()]
    parts = block.split([array.size for array in arrays])
    state = {name: part.view(array.shape) for name, part, array in zip(names, parts, arrays, strict=True)}
    network.load_state_dict(state, assign=True)
    return _parameters(network)
