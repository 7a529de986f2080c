"""One network, called in every form: what ``nn.Module`` adds to the operators.

Each variant takes ``x`` (n, inputs) and ``parameters``, the weights (outputs, inputs) and biases (outputs,) of linear
layers in turn, and returns the last layer's output; ReLU lies between layers. Without layers the network is
``nn.Identity``. The parameters are frozen, so that no graph is timed; the modules are made before the clock starts.
"""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from .._contract import prepared
from ._networks import Parameters, over

Output = Callable[[], torch.Tensor]


@prepared
def functional_call(x: torch.Tensor, parameters: Parameters) -> Output:
    """``torch.func.functional_call``: the module with parameters that are handed over, put in and taken out each time.

    MD-03.
    """
    network = _sequential(parameters)
    named = {name: parameter.detach() for name, parameter in network.named_parameters()}
    return lambda: torch.func.functional_call(network, named, (x,))


@prepared
def hooked(x: torch.Tensor, parameters: Parameters) -> Output:
    """``network(x)`` with one forward hook that does nothing: the call takes its long way.

    MD-03.
    """
    network = _sequential(parameters)
    network.register_forward_hook(lambda module, inputs, output: None)
    return lambda: network(x)


@prepared
def module_list(x: torch.Tensor, parameters: Parameters) -> Output:
    """A class of one's own with its layers in a ``ModuleList``: ReLU is an operator and no module.

    MD-04.
    """
    linears = [each for each in _sequential(parameters) if isinstance(each, nn.Linear)]
    network = _Listed(linears)
    return lambda: network(x)


@prepared
def call(x: torch.Tensor, parameters: Parameters) -> Output:
    """``network(x)`` of an ``nn.Sequential``: each layer is a call that looks for hooks first.

    MD-03, MD-04.
    """
    network = _sequential(parameters)
    return lambda: network(x)


@prepared
def forward(x: torch.Tensor, parameters: Parameters) -> Output:
    """``network.forward(x)``: same output, same gradients, but the network's own hooks do not run.

    MD-03. Its layers are still called; theirs do.
    """
    network = _sequential(parameters)
    return lambda: network.forward(x)


def functions(x: torch.Tensor, parameters: Parameters) -> torch.Tensor:
    """The operators and no module.

    MD-04.
    """
    *hidden, (w, b) = zip(*[iter(parameters)] * 2, strict=True)
    for weight, bias in hidden:
        x = functional.linear(x, weight, bias).relu()
    return functional.linear(x, w, b)


class _Listed(nn.Module):
    def __init__(self, layers: list[nn.Linear]):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        *hidden, last = self.layers
        for layer in hidden:
            x = layer(x).relu()
        return last(x)


def _sequential(parameters: Parameters) -> nn.Module:
    if not parameters:
        return nn.Identity()
    pairs = zip(*[iter(parameters)] * 2, strict=True)
    linears = [over(lambda w=w: nn.Linear(w.shape[1], w.shape[0]), [w, b]) for w, b in pairs]
    parts = [part for linear in linears for part in (linear, nn.ReLU())]
    return nn.Sequential(*parts[:-1]).requires_grad_(False)
