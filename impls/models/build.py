"""From the class and the tensors of a checkpoint to a network: what the initialisation costs that is thrown away.

Each variant takes ``parameters``, the six tensors of the perceptron 784-512-512-10, makes the network with them and
returns its parameters.
"""

import torch

from ._networks import Parameters, SimpleNetwork


def initialised(parameters: Parameters) -> Parameters:
    """Make the network and load: 669,706 random numbers are drawn and overwritten.

    MD-08.
    """
    with parameters[0].device:
        network = SimpleNetwork()
    network.load_state_dict(_named(network, parameters))
    return _tensors(network)


def empty(parameters: Parameters) -> Parameters:
    """Make it on the meta device, where nothing is drawn, and give it memory: ``skip_init`` for a whole network.

    MD-08.
    """
    with torch.device("meta"):
        network = SimpleNetwork()
    network.to_empty(device=parameters[0].device)
    network.load_state_dict(_named(network, parameters))
    return _tensors(network)


def assigned(parameters: Parameters) -> Parameters:
    """Make it on the meta device and let it take the tensors themselves: nothing is drawn and nothing copied.

    MD-08.
    """
    with torch.device("meta"):
        network = SimpleNetwork()
    network.load_state_dict(_named(network, parameters), assign=True)
    return _tensors(network)


def _named(network: torch.nn.Module, parameters: Parameters) -> dict[str, torch.Tensor]:
    return dict(zip([name for name, _ in network.named_parameters()], parameters, strict=True))


def _tensors(network: torch.nn.Module) -> Parameters:
    return [parameter.detach() for parameter in network.parameters()]
