"""How many numbers a network has: each variant is called with ``parameters``, a list of tensors, and returns an int.

The module is made over them before the clock starts.
"""

from collections.abc import Callable

from torch import nn

from .._contract import prepared
from ._networks import Parameters, SimpleNetwork, over

Count = Callable[[], int]


@prepared
def vector(parameters: Parameters) -> Count:
    """Join all parameters to one vector and ask for its length: every number is copied to be counted.

    MD-05.
    """
    network = over(SimpleNetwork, parameters)
    return lambda: nn.utils.parameters_to_vector(network.parameters()).numel()


@prepared
def state_dict(parameters: Parameters) -> Count:
    """Sum over ``state_dict``: it makes a detached tensor for each; buffers would be counted too.

    MD-05.
    """
    network = over(SimpleNetwork, parameters)
    return lambda: sum(each.numel() for each in network.state_dict().values())


@prepared
def walk(parameters: Parameters) -> Count:
    """Sum over ``parameters()``: no number is touched; the walk through the modules is what it costs.

    MD-05.
    """
    network = over(SimpleNetwork, parameters)
    return lambda: sum(each.numel() for each in network.parameters())
